import type { RetryAdvice } from "../../generation/generator.ts";

/** Calls for one item before its failure stands. */
export const MAX_TRIES = 6;
const MOST_MS = 60_000;
/** A provider that asks for a longer wait is asked again after this one. */
export const MOST_ASKED_MS = 120_000;

/**
 * Milliseconds to wait before try number `next` (2 is the first retry): what the provider asked for, up to two minutes, or
 * else `baseMs` doubled each time, up to one. Jitter takes off up to half, so that items that failed together part.
 * @param random from 0 to 1
 */
export function retryDelayMs(advice: RetryAdvice, next: number, baseMs: number, random: () => number): number {
  const jitter = 1 - random() / 2;
  if (advice.afterMs !== null) return Math.min(advice.afterMs, MOST_ASKED_MS) + Math.round(baseMs * (1 - jitter));
  return Math.round(Math.min(baseMs * 2 ** (next - 2), MOST_MS) * jitter);
}
