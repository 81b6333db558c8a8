import { describe, expect, it } from "vitest";
import { GenerationError } from "../../src/generation/generator.ts";

describe("what a failure says can be stored and shown, whatever it quotes", () => {
  it.each([
    ["a NUL", "It says: a\0b.", "It says: ab."],
    ["half a surrogate pair", "It says: \ud83d.", "It says: \ufffd."],
    ["control characters", "It says: \u001b[31mred\u0007\u0085.", "It says: [31mred."],
    ["several lines", "It says:\r\n  one\n\ttwo.", "It says: one two."],
  ])("%s", (_, told, shown) => {
    const { message, happened } = new GenerationError(told, { happened: told });
    expect([message, happened]).toEqual([shown, shown]);
  });

  it("a text of any length", () => {
    const { message, happened } = new GenerationError("word ".repeat(20_000), { happened: "🏕".repeat(20_000) });
    expect(message).toMatch(/^(?:word ?){190,200}…$/u);
    expect([...happened]).toHaveLength(1_000);
  });
});
