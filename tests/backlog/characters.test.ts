import { describe, expect, it } from "vitest";
import { cutAtWord, lengthOf, withoutEnd } from "../../src/backlog/characters.ts";

describe("the length of a text", () => {
  it("counts an emoji outside the basic plane as one character", () => {
    expect(lengthOf("a🏕️b")).toBe(4);
    expect(lengthOf("𝒳".repeat(200))).toBe(200);
  });

  it("counts half of a surrogate pair as one", () => {
    expect(lengthOf("\uD83C!\uDFD5")).toBe(3);
  });
});

describe("cutting at a word", () => {
  it("leaves a text alone that fits exactly", () => {
    expect(cutAtWord("one two", 7)).toBe("one two");
    expect(cutAtWord("🏕".repeat(7), 7)).toBe("🏕".repeat(7));
  });

  it("keeps whole words and says that more was there", () => {
    expect(cutAtWord("one two three", 12)).toBe("one two…");
    expect(cutAtWord("one two three", 8)).toBe("one two…");
    expect(cutAtWord("seven two", 8)).toBe("seven…");
  });

  it("drops the comma that would stand before the “…”", () => {
    expect(cutAtWord("one two, three", 12)).toBe("one two…");
  });

  it("cuts a word where no space is near", () => {
    expect(cutAtWord("a" + "b".repeat(300), 10)).toBe("abbbbbbbb…");
    expect(cutAtWord("a " + "b".repeat(300), 10)).toBe("a bbbbbbb…");
  });

  it("never cuts through an emoji", () => {
    const family = "👨‍👩‍👧";
    const cut = cutAtWord("ab" + family.repeat(10), 12);
    expect(cut).toBe(`ab${family}…`);
  });
});

describe("a text without an end", () => {
  it("loses white space and the given characters, in any mix, and nothing inside", () => {
    expect(withoutEnd("a, b ,. , ", ",.")).toBe("a, b");
    expect(withoutEnd(" , ", ",")).toBe("");
  });

  it("takes no longer for a long run of them than for any other text", () => {
    const started = performance.now();
    for (let round = 0; round < 50; round++) withoutEnd(", ".repeat(20_000) + "x", ",");
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
