import { describe, expect, it } from "vitest";
import { createPacer, type PACES } from "../../src/engine/executor/pacer.ts";
import type { Ticket } from "../../src/engine/pace/provider-pace.ts";
import { NO_USAGE } from "../../src/engine/usage.ts";
import { createTestPace } from "../support/pace.ts";

type Pacing = keyof typeof PACES;

/** A pacer on a clock that the test moves. */
function pacerAt(start: number, pacing: Pacing, options: { lastStart?: Date } = {}) {
  const clock = { now: start };
  const now = () => clock.now;
  const provider = createTestPace({ now });
  const create = () => createPacer({ pacing, provider, lastStart: options.lastStart ?? null, ring: () => {}, now });
  /** `other` is that of another run on the same key. */
  return { pacer: create(), other: create(), provider, clock };
}

/** When items start, if each call takes `callMs` and the clock is looked at every millisecond. */
function startsOf(pacing: Pacing, { callMs, until }: { callMs: number; until: number }): number[] {
  const { pacer, clock } = pacerAt(0, pacing);
  const starts: number[] = [];
  const calls = new Map<number, Ticket>();
  for (; clock.now <= until; clock.now += 1) {
    calls.get(clock.now)?.end("succeeded", NO_USAGE);
    if (pacer.available(1) === 0) continue;
    calls.set(clock.now + callMs, pacer.begin("start"));
    starts.push(clock.now);
  }
  return starts;
}

describe("pacing", () => {
  it.each([
    ["SAFE", 2_000],
    ["NORMAL", 1_000],
    ["FAST", 500],
  ] as const)("%s starts one item exactly every %i ms while calls are short", (pacing, spacing) => {
    expect(startsOf(pacing, { callMs: 10, until: 4 * spacing })).toEqual([0, 1, 2, 3, 4].map((n) => n * spacing));
  });

  it.each([
    ["SAFE", 1],
    ["NORMAL", 4],
    ["FAST", 8],
  ] as const)("%s has %i in flight at most, however long calls take", (pacing, most) => {
    expect(startsOf(pacing, { callMs: 1_000_000, until: 60_000 })).toHaveLength(most);
  });

  it("SAFE waits for the call under way and then for what is left of two seconds", () => {
    const { pacer, clock } = pacerAt(0, "SAFE");
    const call = pacer.begin("start");
    expect([pacer.available(1), pacer.waitMs("start")]).toEqual([0, Infinity]);
    clock.now = 1_500;
    call.end("succeeded", NO_USAGE);
    expect([pacer.available(1), pacer.waitMs("start")]).toEqual([0, 500]);
    clock.now = 2_000;
    expect([pacer.available(1), pacer.waitMs("start")]).toEqual([1, 0]);
  });

  it("a start of an earlier execution counts for the spacing", () => {
    const { pacer, clock } = pacerAt(10_600, "NORMAL", { lastStart: new Date(10_000) });
    expect([pacer.available(1), pacer.waitMs("start")]).toEqual([0, 400]);
    clock.now = 11_000;
    expect(pacer.available(1)).toBe(1);
  });

  it("a retry takes a place in flight but no start of the spacing", () => {
    const { pacer, clock } = pacerAt(0, "NORMAL");
    pacer.begin("start");
    clock.now = 900;
    expect(pacer.room(1)).toBe(3);
    pacer.begin("retry");
    expect([pacer.room(1), pacer.waitMs("retry"), pacer.waitMs("start")]).toEqual([2, 0, 100]);
  });

  it("fixed pacing neither grows with success nor falls when throttled", () => {
    const { pacer, clock } = pacerAt(0, "FAST");
    for (const result of ["succeeded", "throttled", "failed"] as const) pacer.begin("retry").end(result, NO_USAGE);
    clock.now = 500;
    expect([pacer.inFlightLimit, pacer.available(1)]).toEqual([8, 1]);
  });

  it.each(["SAFE", "NORMAL", "FAST"] as const)(
    "%s begins nothing, no retry either, while the provider asked for a pause of whatever run on the key",
    (pacing) => {
      const { pacer, other, provider, clock } = pacerAt(0, pacing);
      provider.pause(7_000);
      clock.now = 6_999;
      for (const each of [pacer, other]) {
        expect([each.available(1), each.room(1), each.waitMs("start"), each.waitMs("retry")]).toEqual([0, 0, 1, 1]);
      }
      clock.now = 7_000;
      for (const each of [pacer, other]) expect([each.available(1), each.room(1) > 0]).toEqual([1, true]);
    },
  );

  it("retries keep the spacing too, once the provider has said that it is too much: together they would meet it again", () => {
    const { pacer, clock } = pacerAt(0, "FAST");
    const calls = Array.from({ length: 8 }, () => pacer.begin("retry"));
    for (const call of calls) call.end("throttled", NO_USAGE);
    expect(pacer.room(8)).toBe(1);
    pacer.begin("retry");
    expect([pacer.room(8), pacer.waitMs("retry"), pacer.waitMs("start")]).toEqual([0, 500, 500]);
    clock.now = 500;
    expect(pacer.room(8)).toBe(1);
  });

  it("ADAPTIVE runs of one process share what they know of the provider", async () => {
    const provider = createTestPace();
    const rung = Promise.withResolvers<void>();
    const join = (ring: () => void) =>
      createPacer({ pacing: "ADAPTIVE", provider, lastStart: null, ring, now: () => 0 });
    const [one, other] = [join(rung.resolve), join(() => {})];
    one.available(10);
    other.available(10);
    await rung.promise;
    expect([one.available(10), other.available(10)]).toEqual([8, 8]);
    one.leave();
    expect(other.available(10)).toBe(10);
  });
});
