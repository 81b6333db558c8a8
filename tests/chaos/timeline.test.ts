import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Stall } from "../../scripts/chaos/machine.ts";
import { type Change, createTimeline, longestCalm } from "../../scripts/chaos/timeline.ts";

const change = (at: number, what: Change["what"], name: string, up: boolean): Change => ({ at, what, name, up });
const ALL_UP = [
  change(0, "database", "postgres", true),
  change(0, "worker", "one", true),
  change(0, "worker", "two", true),
];

it("is all of the time where nothing goes down", () => {
  expect(longestCalm(ALL_UP, [], [100, 400])).toBe(300);
});

it("begins anew whenever a worker goes down, for what it may have taken with it", () => {
  expect(longestCalm([...ALL_UP, change(200, "worker", "one", false)], [], [100, 400])).toBe(200);
});

it("stands still without a worker, and without the database", () => {
  const workersGone = [change(110, "worker", "one", false), change(120, "worker", "two", false)];
  expect(longestCalm([...ALL_UP, ...workersGone], [], [100, 400])).toBe(10);
  expect(longestCalm([...ALL_UP, ...workersGone, change(350, "worker", "two", true)], [], [100, 400])).toBe(50);
  const databaseGone = [change(150, "database", "postgres", false), change(300, "database", "postgres", true)];
  expect(longestCalm([...ALL_UP, ...databaseGone], [], [100, 400])).toBe(100);
});

it("does not care for processes that only answer clients", () => {
  expect(longestCalm([...ALL_UP, change(200, "api", "one", false)], [], [100, 400])).toBe(300);
});

it("leaves out what the machine took", () => {
  const stalls = [
    { from: 50, to: 120 },
    { from: 200, to: 250 },
    { from: 390, to: 900 },
  ];
  expect(longestCalm(ALL_UP, stalls, [100, 400])).toBe(300 - 20 - 50 - 10);
});

describe("who could work", () => {
  const long = Date.now() - 60_000;

  it("is who was up all along", () => {
    const timeline = createTimeline([]);
    expect(timeline.couldWorkSince("one", long)).toBe(false);
    timeline.tell("api", "one", true);
    expect(timeline.couldWorkSince("one", long)).toBe(false);
    expect(timeline.couldWorkSince("one", Date.now() + 1)).toBe(true);
    timeline.tell("api", "one", false);
    expect(timeline.couldWorkSince("one", Date.now() + 1)).toBe(false);
  });

  it("is nobody on a machine that stood still", () => {
    const stalls: Stall[] = [];
    const timeline = createTimeline(stalls);
    timeline.tell("api", "one", true);
    const since = Date.now() + 1;
    stalls.push({ from: since, to: since + 20_000 });
    vi.useFakeTimers({ now: since + 35_000 });
    onTestFinished(() => void vi.useRealTimers());
    expect(timeline.couldWorkSince("one", since)).toBe(false);
    expect(timeline.couldWorkSince("one", since + 16_000)).toBe(true);
  });
});
