import { expect, it } from "vitest";
import { type Change, longestCalm } from "../../scripts/chaos/timeline.ts";

const change = (at: number, what: Change["what"], name: string, up: boolean): Change => ({ at, what, name, up });
const ALL_UP = [
  change(0, "database", "postgres", true),
  change(0, "worker", "one", true),
  change(0, "worker", "two", true),
];

it("is all of the time where nothing goes down", () => {
  expect(longestCalm(ALL_UP, 100, 400)).toBe(300);
});

it("begins anew whenever a worker goes down, for what it may have taken with it", () => {
  expect(longestCalm([...ALL_UP, change(200, "worker", "one", false)], 100, 400)).toBe(200);
});

it("stands still without a worker, and without the database", () => {
  const workersGone = [change(110, "worker", "one", false), change(120, "worker", "two", false)];
  expect(longestCalm([...ALL_UP, ...workersGone], 100, 400)).toBe(10);
  expect(longestCalm([...ALL_UP, ...workersGone, change(350, "worker", "two", true)], 100, 400)).toBe(50);
  const databaseGone = [change(150, "database", "postgres", false), change(300, "database", "postgres", true)];
  expect(longestCalm([...ALL_UP, ...databaseGone], 100, 400)).toBe(100);
});

it("does not care for processes that only answer clients", () => {
  expect(longestCalm([...ALL_UP, change(200, "api", "one", false)], 100, 400)).toBe(300);
});
