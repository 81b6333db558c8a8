import type { Usage } from "../generation/generator.ts";
import { clampInt } from "../int.ts";

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0 };

/** Sums field by field, tokens as far as an Int goes; the cost of the whole is unknown where that of a part is. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: clampInt(a.inputTokens + b.inputTokens),
    outputTokens: clampInt(a.outputTokens + b.outputTokens),
    cacheReadTokens: clampInt(a.cacheReadTokens + b.cacheReadTokens),
    cacheWriteTokens: clampInt(a.cacheWriteTokens + b.cacheWriteTokens),
    costUsd: addCost(a.costUsd, b.costUsd),
  };
}

export function addCost(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

export function isSpent(usage: Usage): boolean {
  return (
    usage.costUsd !== 0 || usage.inputTokens + usage.outputTokens + usage.cacheReadTokens + usage.cacheWriteTokens > 0
  );
}
