import { describe, expect, it } from "vitest";
import { checkCoverage, coverageOf, mapCriteria } from "../../src/backlog/criteria-coverage.ts";
import { invalid } from "./fixture.ts";

describe("what a subtask covers", () => {
  it("is ascending, each criterion once", () => {
    expect(checkCoverage([10, 2, 0, 2], 11)).toEqual([0, 2, 10]);
    expect(coverageOf([10, 9, 10])).toEqual([9, 10]);
  });

  it("is within the story's criteria", () => {
    expect(() => checkCoverage([0, 3], 3)).toThrow(
      expect.objectContaining(
        invalid(["coversCriteria", "1"], "The story's acceptance criteria are numbered 0 to 2; 3 is none of them."),
      ),
    );
    expect(() => checkCoverage([-1], 3)).toThrow(
      expect.objectContaining(invalid(["coversCriteria", "0"], /-1 is none/)),
    );
    expect(() => checkCoverage([0], 0)).toThrow(
      expect.objectContaining(invalid(["coversCriteria", "0"], /The story has no acceptance criteria/)),
    );
  });
});

describe("where criteria go when they are edited", () => {
  it("is where the same text stands now, or nowhere", () => {
    expect(mapCriteria(["a", "b", "c"], ["c", "x", "a"])).toEqual([2, null, 0]);
    expect(mapCriteria([], ["a"])).toEqual([]);
    expect(mapCriteria(["a"], [])).toEqual([null]);
  });

  it("keeps equal texts apart, in their order", () => {
    expect(mapCriteria(["a", "b", "a"], ["a", "a", "b"])).toEqual([0, 2, 1]);
  });

  it("lets equal texts fall together where fewer of them are left", () => {
    expect(mapCriteria(["a", "a", "a"], ["b", "a"])).toEqual([1, 1, 1]);
  });

  it("takes no text for a property that every object has", () => {
    expect(mapCriteria(["constructor", "__proto__"], ["__proto__"])).toEqual([null, 0]);
  });
});
