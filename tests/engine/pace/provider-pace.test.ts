import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AllowanceStore } from "../../../src/engine/pace/allowance-store.ts";
import type { Ask } from "../../../src/engine/pace/allowance.ts";
import { createOwnAllowance } from "../../../src/engine/pace/own-allowance.ts";
import { NO_USAGE } from "../../../src/engine/usage.ts";
import { driveToEnd } from "../../support/limited-provider.ts";
import { createTestPace } from "../../support/pace.ts";

// Time is simulated: the fake timers of vitest.
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const TOLD = { requests: { limit: 60, remaining: 30, resetAt: 0 } };

/** A store that is shared, and what it was asked. */
function createWatchedStore(): { store: AllowanceStore; asks: Ask[]; fail: (failing: boolean) => void } {
  const own = createOwnAllowance({ limited: true, now: Date.now });
  const asks: Ask[] = [];
  let failing = false;
  return {
    asks,
    fail: (next) => (failing = next),
    store: {
      shared: true,
      async exchange(ask) {
        asks.push(ask);
        if (failing) throw new Error("The database is away.");
        return own.exchange(ask);
      },
    },
  };
}

describe("60 calls within 50 requests and 40,000 output tokens a minute end within 1.2 times the least time, under 5 % refused:", () => {
  const limits = { requestsPerMinute: 50, outputTokensPerMinute: 40_000 };
  test.each([
    [1, 4_000, 1_000, 50],
    [1, 4_000, 1_000, 1_000],
    [1, 15_000, 1_000, 1_000],
    [1, 4_000, 2_500, 1_000],
    [1, 4_000, 300, 1_000],
    [2, 4_000, 1_000, 50],
    [2, 4_000, 1_000, 1_000],
    [3, 1_000, 1_000, 500],
    [3, 4_000, 2_500, 1_000],
  ])(
    "%i workers, calls of %i ms that write %i tokens and begin to after %i ms",
    async (count, callMs, outputTokens, headersMs) => {
      const store = createOwnAllowance({ limited: true, now: Date.now });
      const workers = Array.from({ length: count }, (_, i) => ({
        pace: createTestPace({ store: { ...store, shared: true }, worker: `worker ${i}` }),
        calls: 60 / count,
      }));
      const { timesLeast, refusedShare } = await driveToEnd({ ...limits, callMs, outputTokens, headersMs }, workers);
      expect(timesLeast).toBeLessThan(1.2);
      expect(refusedShare).toBeLessThan(0.05);
    },
  );
});

describe("calls that the limit on input holds back end within 1.1 times the least time, under 1 % refused:", () => {
  const even = () => 500;
  const firstLarge = (call: number) => (call === 0 ? 6_000 : 500);
  const ofManySizes = (call: number) => 300 + ((call * 337) % 400);
  test.each([
    [1, "as large as each other", even, 4_000, 1_000],
    [2, "as large as each other", even, 4_000, 50],
    [3, "as large as each other", even, 15_000, 1_000],
    [1, "the first far larger", firstLarge, 4_000, 1_000],
    [2, "the first far larger", firstLarge, 4_000, 1_000],
    [1, "of many sizes", ofManySizes, 4_000, 1_000],
    [2, "of many sizes", ofManySizes, 15_000, 1_000],
  ])("%i workers, calls %s", async (count, _sizes, inputTokens, callMs, headersMs) => {
    const store = createOwnAllowance({ limited: true, now: Date.now });
    const workers = Array.from({ length: count }, (_, i) => ({
      pace: createTestPace({ store: { ...store, shared: true }, worker: `worker ${i}` }),
      calls: 120 / count,
    }));
    const limits = { requestsPerMinute: 1_000, inputTokensPerMinute: 20_000, outputTokensPerMinute: 400_000 };
    const calls = { callMs, headersMs, inputTokens, outputTokens: 1_000 };
    const { timesLeast, refusedShare } = await driveToEnd({ ...limits, ...calls }, workers);
    expect(refusedShare).toBeLessThan(0.01);
    expect(timesLeast).toBeLessThan(1.1);
  });
});

test("what a call reads from the provider's cache does not count against the limit on input", async () => {
  const { store, asks } = createWatchedStore();
  const pace = createTestPace({ store });
  const seat = pace.join(() => {});
  seat.available(1);
  await pass(5);
  const usage = { inputTokens: 30, cacheWriteTokens: 200, cacheReadTokens: 5_000, outputTokens: 7 };
  seat.begin().end("succeeded", { ...NO_USAGE, ...usage });
  await pass(3_000);
  expect(asks.flatMap(({ news }) => news)).toMatchObject([{ kind: "ended", took: { input: 230, output: 7 } }]);
});

test("asks once for what all runs want, and rings those who get some", async () => {
  const { store, asks } = createWatchedStore();
  const pace = createTestPace({ store });
  const rings: string[] = [];
  const one = pace.join(() => rings.push("one"));
  const other = pace.join(() => rings.push("other"));
  expect([one.available(3), other.available(5)]).toEqual([0, 0]);
  await pass(5);
  expect(asks).toMatchObject([{ wanted: 8, inFlight: 0 }]);
  expect(rings.sort()).toEqual(["one", "other"]);
  expect([one.available(3), other.available(5)]).toEqual([3, 5]);
});

test("what is kept for one run is not another's, until it wants fewer or leaves", async () => {
  const pace = createTestPace();
  const one = pace.join(() => {});
  const other = pace.join(() => {});
  one.available(30);
  await pass(5);
  expect([one.available(30), other.available(30)]).toEqual([16, 0]);
  expect([one.available(10), other.available(30)]).toEqual([10, 6]);
  one.leave();
  expect(other.available(30)).toBe(16);
});

test("while the provider tells no limits, asks once a second at most, however many calls begin", async () => {
  const { store, asks } = createWatchedStore();
  const pace = createTestPace({ store });
  const seat = pace.join(() => {});
  let todo = 100_000;
  for (let ms = 0; ms < 10_000; ms += 10) {
    for (let may = seat.available(todo); may > 0; may -= 1) {
      todo -= 1;
      const ticket = seat.begin();
      setTimeout(() => ticket.end("succeeded", NO_USAGE), 100);
    }
    await pass(10);
  }
  expect(100_000 - todo).toBeGreaterThan(1_000);
  expect(asks.length).toBeLessThan(15);
});

test("asks nothing when nothing is wanted, and gives back what it did not need within two seconds", async () => {
  const { store, asks } = createWatchedStore();
  const pace = createTestPace({ store });
  const other = createTestPace({ store, worker: "other" });
  const seat = pace.join(() => {});
  await pass(60_000);
  expect(asks).toEqual([]);
  seat.available(16);
  await pass(5);
  seat.begin().observe(TOLD);
  await pass(100);
  seat.leave();
  await pass(2_000);
  const late = other.join(() => {});
  late.available(100);
  await pass(5);
  expect(late.available(100)).toBe(15);
});

test("a worker that is done is silent, and its calls' places are free", async () => {
  const { store, asks } = createWatchedStore();
  const pace = createTestPace({ store });
  const seat = pace.join(() => {});
  seat.available(2);
  await pass(5);
  for (const ticket of [seat.begin(), seat.begin()]) ticket.end("succeeded", NO_USAGE);
  seat.leave();
  await pass(2_000);
  const before = asks.length;
  await pass(60_000);
  expect(asks).toHaveLength(before);
});

test("a pause that the provider asked for holds back every worker", async () => {
  const { store } = createWatchedStore();
  const paces = [createTestPace({ store, worker: "one" }), createTestPace({ store, worker: "other" })];
  const [one, other] = paces.map((pace) => pace.join(() => {}));
  one?.available(4);
  await pass(5);
  paces[0]?.pause(3_000);
  expect(one?.available(4)).toBe(0);
  await pass(50);
  other?.available(4);
  await pass(2_900);
  expect([one?.available(4), other?.available(4)]).toEqual([0, 0]);
  await pass(200);
  expect([one?.available(4), other?.available(4)]).toEqual([4, 4]);
});

test("while the store cannot be reached nothing begins; it is told once, and afterwards all goes on", async () => {
  const { store, fail } = createWatchedStore();
  const errors: unknown[] = [];
  const pace = createTestPace({ store, onError: (error) => errors.push(error) });
  const seat = pace.join(() => {});
  fail(true);
  seat.available(4);
  await pass(10_000);
  expect(seat.available(4)).toBe(0);
  expect(errors).toEqual([new Error("The database is away.")]);
  fail(false);
  await pass(1_100);
  expect(seat.available(4)).toBe(4);
});

test("what calls told while the store could not be reached is not lost", async () => {
  const { store, fail, asks } = createWatchedStore();
  const pace = createTestPace({ store, onError: () => {} });
  const seat = pace.join(() => {});
  seat.available(1);
  await pass(5);
  const ticket = seat.begin();
  fail(true);
  ticket.observe(TOLD);
  ticket.end("throttled", NO_USAGE);
  await pass(3_000);
  fail(false);
  await pass(1_100);
  expect(asks.at(-1)?.news.map(({ kind }) => kind)).toEqual(["told", "ended"]);
  expect(pace.inFlightLimit).toBe(8);
});

test("closing gives back all that it holds", async () => {
  const { store } = createWatchedStore();
  const pace = createTestPace({ store });
  pace.join(() => {}).available(16);
  await pass(5);
  await pace.close();
  const other = createTestPace({ store, worker: "other" }).join(() => {});
  other.available(16);
  await pass(5);
  expect(other.available(16)).toBe(16);
});
