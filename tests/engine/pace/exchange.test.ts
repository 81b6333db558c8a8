import { describe, expect, it } from "vitest";
import {
  type Allowance,
  type Answer,
  type Ask,
  type CallTokens,
  createAllowance,
  type News,
} from "../../../src/engine/pace/allowance.ts";
import { exchange } from "../../../src/engine/pace/exchange.ts";
import type { ProviderLimits } from "../../../src/generation/generator.ts";

/** An allowance on a clock that the test moves, and workers that ask for it. */
function openAllowance(limited = true) {
  let allowance: Allowance = createAllowance(limited);
  let reserved: CallTokens = { input: 0, output: 0 };
  const clock = { now: 1_000_000 };
  const ask = (asked: Partial<Ask>): Answer => {
    const all = { worker: "one", inFlight: 0, wanted: 0, unused: 0, news: [], ...asked };
    const after = exchange(allowance, all, clock.now);
    ({ allowance } = after);
    ({ reserved } = after.answer);
    return after.answer;
  };
  const call = () => ({ at: clock.now, ended: allowance.ended, reserved });
  return { ask, clock, call, state: () => allowance };
}
type Opened = ReturnType<typeof openAllowance>;

function ended({ call }: Opened, result: "succeeded" | "throttled", took: Partial<CallTokens> = {}): News {
  return { kind: "ended", call: call(), result, took: { input: 0, output: 0, ...took } };
}

function told({ call, clock }: Opened, limits: ProviderLimits): News {
  return { kind: "told", call: call(), at: clock.now, limits };
}

const requests = (limit: number, remaining: number) => ({ requests: { limit, remaining, resetAt: 0 } });
const input = (limit: number, remaining: number) => ({ inputTokens: { limit, remaining, resetAt: 0 } });
const output = (limit: number, remaining: number) => ({ outputTokens: { limit, remaining, resetAt: 0 } });

describe("calls in flight", () => {
  it("begin with 16 where a provider has limits, with 32 where it has none", () => {
    expect(openAllowance(true).ask({ wanted: 100 }).slots).toBe(16);
    expect(openAllowance(false).ask({ wanted: 100 }).slots).toBe(32);
  });

  it("grow by one with each success until the first throttle, halve there, then grow by one each round trip", () => {
    const open = openAllowance();
    const limitAfter = (count: number, result: "succeeded" | "throttled") =>
      open.ask({ news: Array.from({ length: count }, () => ended(open, result)) }).inFlightLimit;
    expect(limitAfter(4, "succeeded")).toBe(20);
    open.clock.now += 1;
    expect(limitAfter(1, "throttled")).toBe(10);
    expect(limitAfter(9, "succeeded")).toBe(10);
    expect(limitAfter(1, "succeeded")).toBe(11);
  });

  it("are halved once by a burst of throttled calls, whichever workers made them, and never fall below one", () => {
    const open = openAllowance();
    const burst = Array.from({ length: 8 }, () => ended(open, "throttled"));
    open.clock.now += 5;
    open.ask({ news: burst.slice(0, 4) });
    open.clock.now += 5;
    expect(open.ask({ worker: "other", news: burst.slice(4) }).inFlightLimit).toBe(8);
    for (let i = 0; i < 10; i += 1) {
      open.clock.now += 1;
      open.ask({ news: [ended(open, "throttled")] });
    }
    expect(open.state().inFlightLimit).toBe(1);
  });

  it("begin at 16 again when nobody has called for ten minutes", () => {
    const open = openAllowance();
    open.ask({ news: [ended(open, "throttled")] });
    open.clock.now += 9 * 60_000;
    expect(open.ask({}).inFlightLimit).toBe(8);
    open.clock.now += 10 * 60_000;
    expect(open.ask({}).inFlightLimit).toBe(16);
  });

  it("are shared fairly: who came first gives up what it holds too much of as its calls end", () => {
    const { ask } = openAllowance();
    expect(ask({ wanted: 40 }).slots).toBe(16);
    expect(ask({ worker: "other", wanted: 40 }).slots).toBe(0);
    expect(ask({ inFlight: 10, wanted: 30 }).slots).toBe(10);
    expect(ask({ worker: "other", wanted: 40 }).slots).toBe(6);
    expect(ask({ inFlight: 6, wanted: 30 }).slots).toBe(8);
    expect(ask({ worker: "other", inFlight: 6, wanted: 30 }).slots).toBe(8);
  });

  it("are all one worker's where the others want none", () => {
    const { ask } = openAllowance();
    ask({ worker: "other", wanted: 2 });
    expect(ask({ wanted: 40 }).slots).toBe(14);
  });

  it("go around where there are fewer than workers", () => {
    const open = openAllowance();
    const { ask, clock } = open;
    for (let i = 0; i < 5; i += 1) {
      clock.now += 1;
      ask({ news: [ended(open, "throttled")] });
    }
    const first = ask({ wanted: 9 }).slots;
    clock.now += 1;
    expect([first, ask({ worker: "other", wanted: 9 }).slots]).toEqual([1, 0]);
    expect(ask({ wanted: 9 }).slots).toBe(0);
    expect(ask({ worker: "other", wanted: 9 }).slots).toBe(1);
  });

  it("of a worker that is not heard of for 15 seconds are free again", () => {
    const { ask, clock } = openAllowance();
    ask({ worker: "dead", wanted: 16 });
    clock.now += 14_999;
    expect(ask({ wanted: 16 }).slots).toBe(0);
    clock.now += 1;
    expect(ask({ wanted: 16 }).slots).toBe(16);
  });

  it("of a worker that was taken for dead and was not are not forgotten", () => {
    const { ask, clock } = openAllowance();
    ask({ worker: "stopped", wanted: 16 });
    clock.now += 20_000;
    ask({ wanted: 10 });
    expect(ask({ worker: "stopped", inFlight: 16, wanted: 5 }).slots).toBe(16);
    expect(ask({ inFlight: 5, wanted: 5 }).slots).toBe(5);
  });
});

describe("limits that the provider tells", () => {
  it("bind all workers together, as they fill", () => {
    const open = openAllowance();
    const { ask, clock } = open;
    ask({ wanted: 1 });
    expect(ask({ inFlight: 1, news: [told(open, requests(60, 2))] }).told).toBe(true);
    expect(ask({ inFlight: 1, wanted: 9 })).toMatchObject({ starts: 2, waitMs: 1_000 });
    expect(ask({ worker: "other", wanted: 9 })).toMatchObject({ starts: 0, waitMs: 1_000 });
    clock.now += 1_000;
    expect(ask({ worker: "other", wanted: 9 }).starts).toBe(1);
    expect(ask({ inFlight: 3, wanted: 9 }).starts).toBe(0);
  });

  it("are taken to have in them only what must be: calls under way may come on top", () => {
    const open = openAllowance();
    const { ask } = open;
    ask({ wanted: 10 });
    ask({ worker: "other", wanted: 6 });
    ask({ inFlight: 10, news: [told(open, requests(60, 50))] });
    expect(open.state().requests?.level).toBe(50 - 15);
  });

  it("never count twice what we reckoned ourselves, and correct what others than we have used", () => {
    const open = openAllowance();
    const { ask } = open;
    ask({ wanted: 1 });
    ask({ inFlight: 1, news: [told(open, requests(60, 50))] });
    ask({ inFlight: 1, wanted: 10 });
    expect(open.state().requests?.level).toBe(40);
    ask({ inFlight: 11, news: [told(open, requests(60, 45)), told(open, requests(60, 40))] });
    expect(open.state().requests?.level).toBe(40);
    ask({ inFlight: 11, news: [told(open, requests(60, 20))] });
    expect(open.state().requests?.level).toBe(21);
  });

  it("on output set aside what a call may write, and settle what it wrote when it has ended", () => {
    const open = openAllowance();
    const { ask } = open;
    ask({ wanted: 1 });
    ask({ inFlight: 1, news: [told(open, output(60_000, 5_000))] });
    expect(ask({ inFlight: 1, wanted: 9 })).toMatchObject({ starts: 4, waitMs: 1_000 });
    expect(open.state().outputTokens?.level).toBe(0);
    ask({ inFlight: 4, news: [ended(open, "succeeded", { output: 300 })] });
    expect(open.state().outputTokens?.level).toBe(700);
    expect(open.state().meanOutput).toBe(860);
  });

  it("on output let no call begin after calls that wrote more than was there, until it has filled", () => {
    const open = openAllowance();
    const { ask, clock } = open;
    ask({ wanted: 1 });
    ask({ inFlight: 1, news: [told(open, output(60_000, 2_000))] });
    expect(ask({ news: [ended(open, "succeeded", { output: 5_000 })], wanted: 1 })).toMatchObject({
      starts: 0,
      waitMs: 4_800,
    });
    clock.now += 4_800;
    expect(ask({ wanted: 1 }).starts).toBe(1);
  });

  it("on input let nothing begin while none is left", () => {
    const open = openAllowance();
    const { ask } = open;
    ask({ wanted: 1 });
    expect(ask({ inFlight: 1, news: [told(open, input(60_000, 0))] }).told).toBe(true);
    expect(ask({ inFlight: 1, wanted: 16 })).toMatchObject({ starts: 0, waitMs: 1_250 });
  });

  it("on input set aside what a call may read, and settle what counted of it when it has ended", () => {
    const open = openAllowance();
    const { ask } = open;
    ask({ wanted: 1 });
    ask({ inFlight: 1, news: [told(open, input(60_000, 5_000))] });
    expect(ask({ inFlight: 1, wanted: 9 }).starts).toBe(4);
    expect(open.state().inputTokens?.level).toBe(1_000);
    ask({ inFlight: 4, news: [ended(open, "succeeded", { input: 300 })] });
    expect(open.state().inputTokens?.level).toBe(1_700);
    expect(open.state()).toMatchObject({ meanInput: 860, meanOutput: 1_000 });
  });

  it("on input are told with what the call itself reads in them, and it may be that of no other under way", () => {
    const open = openAllowance();
    const { ask } = open;
    ask({ wanted: 10 });
    ask({ inFlight: 10, news: [told(open, input(60_000, 50_000))] });
    expect(open.state().inputTokens?.level).toBe(50_000 - 9_000);
    ask({ inFlight: 10, news: [told(open, input(60_000, 30_000))] });
    expect(open.state().inputTokens?.level).toBe(30_001);
  });

  it("on input keep enough for another call as large as the largest of late, which would be refused otherwise", () => {
    const open = openAllowance();
    const { ask, clock } = open;
    tellLimits(open, input(60_000, 30_000), { input: 4_000 });
    // Their mean is 1,600 now.
    ask({ inFlight: 1, news: [told(open, input(60_000, 0))] });
    clock.now += 4_900;
    expect(ask({ wanted: 1 })).toMatchObject({ starts: 0, waitMs: 99 });
    clock.now += 100;
    expect(ask({ wanted: 9 }).starts).toBe(1);
    ask({ inFlight: 1, news: Array.from({ length: 200 }, () => ended(open, "succeeded", { input: 1_000 })) });
    ask({ inFlight: 1, news: [told(open, input(60_000, 2_500))] });
    expect(ask({ inFlight: 1, wanted: 9 }).starts).toBe(2);
  });

  it("stay, with what calls take of them, when nobody has called for ten minutes", () => {
    const open = openAllowance();
    tellLimits(open, { ...input(60_000, 0), ...output(60_000, 0) }, { input: 4_000, output: 500 });
    const { meanInput, meanOutput, mostInput } = open.state();
    open.clock.now += 20 * 60_000;
    open.ask({});
    expect(open.state()).toMatchObject({ meanInput, meanOutput, mostInput, inputTokens: { limit: 60_000 } });
    expect(open.state()).toMatchObject({ mostInput: 4_000, outputTokens: { limit: 60_000 } });
  });

  it("let a call begin that is expected to read more than the limit, when all of it is there", () => {
    const open = openAllowance();
    tellLimits(open, input(500, 500));
    open.clock.now += 120_000;
    expect(open.ask({ wanted: 3 }).starts).toBe(1);
  });

  it("let a call begin that is expected to write more than the limit, when all of it is there", () => {
    const open = openAllowance();
    tellLimits(open, output(500, 500));
    open.clock.now += 120_000;
    expect(open.ask({ wanted: 3 }).starts).toBe(1);
  });

  it("get back starts that nobody needed", () => {
    const open = openAllowance();
    const { ask } = open;
    tellLimits(open, requests(60, 10));
    expect(ask({ wanted: 10 }).starts).toBe(10);
    ask({ unused: 7 });
    expect(ask({ worker: "other", wanted: 10 }).starts).toBe(7);
  });
});

describe("a pause", () => {
  it("holds back all workers until the longest that was asked for is over", () => {
    const { ask, clock } = openAllowance();
    ask({ news: [{ kind: "paused", ms: 3_000 }] });
    ask({ news: [{ kind: "paused", ms: 1_000 }] });
    expect(ask({ worker: "other", wanted: 4 })).toMatchObject({ starts: 0, slots: 0, waitMs: 3_000 });
    clock.now += 3_000;
    expect(ask({ worker: "other", wanted: 4 }).starts).toBe(4);
  });
});

/** One call has told these limits and is over. */
function tellLimits(open: Opened, limits: ProviderLimits, took: Partial<CallTokens> = {}): void {
  open.ask({ wanted: 1 });
  open.ask({ inFlight: 0, news: [told(open, limits), ended(open, "succeeded", took)] });
}
