import { expect, it } from "vitest";
import { waitWhileItMoves } from "../../scripts/chaos/ending.ts";

it("goes on for as long as anything moves, and ends when nothing is left", async () => {
  const stands = [["run 1", "run 2"], ["run 1", "run 3"], ["run 3"], ["run 4"], []];
  await waitWhileItMoves(async () => stands.shift() ?? ["looked too often"], 600);
  expect(stands).toEqual([]);
});

it("gives up what stands still", async () => {
  let looks = 0;
  await waitWhileItMoves(async () => [`run ${Math.min((looks += 1), 2)}`], 1_000);
  expect(looks).toBe(4);
});
