import { z } from "zod";

const MINUTE_MS = 60_000;

/** One of a provider's limits, as it is between two answers: it fills evenly over a minute, and what we take is gone. */
export const TokenBucket = z.object({
  /** Per minute, and the most that it holds. */
  limit: z.number(),
  /** What was there at `at`; below zero where more was promised than there is. */
  level: z.number(),
  /** Milliseconds of the epoch. */
  at: z.number(),
});
export type TokenBucket = z.infer<typeof TokenBucket>;

export function fillOf(limit: number, ms: number): number {
  return (Math.max(0, ms) * limit) / MINUTE_MS;
}

export function levelOf({ limit, level, at }: TokenBucket, now: number): number {
  return Math.min(limit, level + fillOf(limit, now - at));
}

export function take(bucket: TokenBucket, amount: number, now: number): TokenBucket {
  return { ...bucket, level: Math.min(bucket.limit, levelOf(bucket, now) - amount), at: now };
}

/** Milliseconds until `amount` is there, or all that it holds; 0 where it is. */
export function untilMs(bucket: TokenBucket, amount: number, now: number): number {
  const lacking = Math.min(amount, bucket.limit) - levelOf(bucket, now);
  return lacking <= 0 ? 0 : Math.ceil((lacking * MINUTE_MS) / bucket.limit);
}

/**
 * The bucket when it is told that the level is from `least` to `most`: within that our own reckoning is finer, and goes on. A
 * limit that is new or has changed begins at the least.
 */
export function correct(
  bucket: TokenBucket | null,
  told: { limit: number; least: number; most: number },
  now: number,
): TokenBucket {
  const { limit, least, most } = told;
  const reckoned = bucket?.limit === limit ? levelOf(bucket, now) : least;
  const level = Math.min(limit, Math.max(least, Math.min(reckoned, most)));
  return { limit, level, at: now };
}
