import { z } from "zod";
import type { Usage } from "../generator.ts";

const dollars = z.number("must be a number").nonnegative("must not be negative");

/** What a million tokens of a model cost, in US dollars. */
const modelPrice = z.strictObject({
  input: dollars,
  output: dollars,
  /** Input that comes out of the provider's cache. */
  cacheRead: dollars.optional(),
  /** Input that goes into the cache for five minutes. */
  cacheWrite: dollars.optional(),
  /** The longest prompt that these prices are for; what a longer one costs is not known. */
  upToInputTokens: z.int("must be a whole number").positive("must be positive").optional(),
});
const priceTable = z.record(z.string().min(1), modelPrice);

export type ModelPrice = z.infer<typeof modelPrice>;
/** Prices by the name of the model. */
export type PriceTable = Readonly<Record<string, ModelPrice>>;

/** Anthropic's prices as of November 2026. */
export const PRICES: PriceTable = {
  "claude-haiku-5-5": { input: 0.1, output: 0.5, cacheRead: 0.01, upToInputTokens: 100_000 },
  "claude-sonnet-5-5": { input: 2, output: 10, cacheRead: 0.1 },
  "claude-opus-5-5": { input: 4, output: 20, cacheRead: 0.2 },
  "claude-fable-5-1": { input: 10, output: 50, cacheRead: 0.25 },
};

/** What writing the cache costs beside plain input, where a price says nothing else. */
const WRITE_FACTOR = 1.25;

/** A table of prices from outside is not one. The message says what is wrong with it. */
export class PricesError extends Error {
  override readonly name = "PricesError";
}

/**
 * The known prices with those of `overrides` (JSON, parsed) in place of or beside them.
 * @throws PricesError naming everything that is wrong
 */
export function readPrices(overrides: unknown): PriceTable {
  const parsed = priceTable.safeParse(overrides);
  if (parsed.success) return { ...PRICES, ...parsed.data };
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "the table"}: ${message}`);
  throw new PricesError(
    `Prices must be JSON such as {"claude-sonnet-5-5": {"input": 2, "output": 10, "cacheRead": 0.1}}, in dollars per million tokens. ${problems.join("; ")}.`,
    { cause: parsed.error },
  );
}

/** The price of a model, of one with a date behind its name too ("…-20261021"); null where it is not known. */
export function priceOf(model: string, table: PriceTable): ModelPrice | null {
  for (const name of [model, model.replace(/[-@]\d{8}$/u, "")]) {
    if (Object.hasOwn(table, name)) return table[name] ?? null;
  }
  return null;
}

/** Whether nothing that a model reads or writes costs anything. */
export function isFree(price: ModelPrice | null): boolean {
  return price !== null && price.input + price.output + (price.cacheRead ?? 0) + (price.cacheWrite ?? 0) === 0;
}

/** What tokens cost in US dollars; null where the price is not known, or not for a prompt as long as this. */
export function costOf(tokens: Omit<Usage, "costUsd">, price: ModelPrice | null): number | null {
  if (price === null) return null;
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = tokens;
  const prompt = inputTokens + cacheReadTokens + cacheWriteTokens;
  if (price.upToInputTokens !== undefined && prompt > price.upToInputTokens) return null;
  const { input, output, cacheRead = input, cacheWrite = input * WRITE_FACTOR } = price;
  return (
    (inputTokens * input + outputTokens * output + cacheReadTokens * cacheRead + cacheWriteTokens * cacheWrite) /
    1_000_000
  );
}
