import { describe, expect, it } from "vitest";
import { costOf, priceOf, PRICES, PricesError, readPrices } from "../../src/generation/anthropic/prices.ts";

const NONE = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

describe("what tokens cost", () => {
  it.each([
    ["input", { inputTokens: 1_000_000 }, 2],
    ["output", { outputTokens: 1_000_000 }, 10],
    ["what is read from the cache", { cacheReadTokens: 1_000_000 }, 0.1],
    ["what is written to the cache, a quarter more than input", { cacheWriteTokens: 1_000_000 }, 2.5],
    ["everything together", { inputTokens: 500, outputTokens: 1500, cacheReadTokens: 2000 }, 0.0162],
  ])("%s", (_, tokens, dollars) => {
    expect(costOf({ ...NONE, ...tokens }, priceOf("claude-sonnet-5-5", PRICES))).toBeCloseTo(dollars, 10);
  });

  it("is not known for an unknown model, nor for a prompt longer than the price is for", () => {
    expect(priceOf("llama4", PRICES)).toBeNull();
    expect(priceOf("toString", PRICES)).toBeNull();
    expect(costOf(NONE, null)).toBeNull();
    const haiku = priceOf("claude-haiku-5-5", PRICES);
    expect(costOf({ ...NONE, inputTokens: 100_000 }, haiku)).toBeCloseTo(0.01, 10);
    expect(costOf({ ...NONE, inputTokens: 60_000, cacheReadTokens: 40_001 }, haiku)).toBeNull();
  });

  it("is that of the model where its name has a date", () => {
    expect(priceOf("claude-opus-5-5-20261021", PRICES)).toBe(PRICES["claude-opus-5-5"]);
  });
});

describe("prices from outside", () => {
  it("stand in place of known ones and beside them", () => {
    const prices = readPrices({ "claude-sonnet-5-5": { input: 3, output: 15 }, llama4: { input: 0, output: 0 } });
    expect(costOf({ ...NONE, inputTokens: 1e6, cacheReadTokens: 1e6 }, priceOf("claude-sonnet-5-5", prices))).toBe(6);
    expect(costOf({ ...NONE, outputTokens: 1e6 }, priceOf("llama4", prices))).toBe(0);
    expect(priceOf("claude-opus-5-5", prices)).toBe(PRICES["claude-opus-5-5"]);
  });

  it.each([
    [[], /the table: /u],
    [{ m: { input: -1, output: 1 } }, /m\.input: must not be negative/u],
    [{ m: { input: 1 } }, /m\.output: must be a number/u],
    [{ m: { input: 1, output: 1, cached: 1 } }, /m: .*cached/u],
  ])("are refused when they are none: %j", (value, message) => {
    expect(() => readPrices(value)).toThrow(PricesError);
    expect(() => readPrices(value)).toThrow(message);
  });
});
