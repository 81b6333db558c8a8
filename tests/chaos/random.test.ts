import { expect, it } from "vitest";
import { createRandom } from "../../scripts/chaos/random.ts";

const draw = (seed: string, count = 1_000) => {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

it("draws the same from the same seed, and something else from another", () => {
  expect(draw("a")).toEqual(draw("a"));
  expect(draw("a").filter((value) => draw("b").includes(value))).toEqual([]);
});

it("draws evenly between 0 and 1", () => {
  const drawn = draw("a", 10_000);
  expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
  for (let tenth = 0; tenth < 10; tenth += 1)
    expect(Math.abs(drawn.filter((value) => Math.floor(value * 10) === tenth).length - 1_000)).toBeLessThan(150);
});

it("gives each concern chance of its own: what one draws moves nothing for another", () => {
  const random = createRandom("a");
  const expected = random.fork("faults").next();
  random.next();
  random.fork("people").next();
  expect(random.fork("faults").next()).toBe(expected);
});

it("picks by weight, never what has none", () => {
  const random = createRandom("a");
  const picked = Array.from({ length: 1_000 }, () => random.weighed({ often: 9, seldom: 1, never: 0 }));
  const count = (name: string) => picked.filter((each) => each === name).length;
  expect([count("never"), count("often") > 800, count("seldom") > 50]).toEqual([0, true, true]);
});
