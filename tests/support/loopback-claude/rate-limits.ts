const MINUTE_MS = 60_000;

export interface RateLimitOptions {
  readonly requestsPerMinute?: number;
  readonly inputTokensPerMinute?: number;
  readonly outputTokensPerMinute?: number;
  /** What is left of them at first, where somebody has used the key just before; else all. */
  readonly requestsLeft?: number;
  readonly inputTokensLeft?: number;
  readonly outputTokensLeft?: number;
}

/** Token buckets, as the provider has them: filled evenly over a minute. */
export interface RateLimits {
  /**
   * Takes a request's place, and what it reads that is not in the cache; all of it must be there, or the bucket be full.
   * @returns seconds to wait where there is none, else null
   */
  admit(inputTokens: number): number | null;
  /** Takes what was written; a bucket may go below empty, since nobody knows beforehand how long an answer gets. */
  spend(outputTokens: number): void;
  headers(): Record<string, string>;
}

/** @param now milliseconds of the epoch */
export function createRateLimits(options: RateLimitOptions, now: () => number): RateLimits {
  const requests = bucketOf(options.requestsPerMinute, options.requestsLeft, now);
  const input = bucketOf(options.inputTokensPerMinute, options.inputTokensLeft, now);
  const output = bucketOf(options.outputTokensPerMinute, options.outputTokensLeft, now);
  return {
    admit(inputTokens) {
      const waits = [requests?.untilMs(1), input?.untilMs(inputTokens), output?.untilMs(1)];
      const waitMs = Math.max(...waits.map((ms) => ms ?? 0));
      if (waitMs > 0) return Math.ceil(waitMs / 1000);
      requests?.take(1);
      input?.take(inputTokens);
      return null;
    },
    spend: (tokens) => output?.take(tokens),
    headers: () => ({
      ...requests?.headers("requests"),
      ...input?.headers("input-tokens"),
      ...output?.headers("output-tokens"),
    }),
  };
}

function bucketOf(limit: number | undefined, leftAtFirst: number | undefined, now: () => number) {
  if (limit === undefined) return null;
  let left = leftAtFirst ?? limit;
  /** Of the first request, until it has come. */
  let at: number | null = null;
  const level = (): number => {
    left = Math.min(limit, left + ((now() - (at ?? now())) * limit) / MINUTE_MS);
    at = now();
    return left;
  };
  const untilMs = (amount: number): number => Math.max(0, ((Math.min(amount, limit) - level()) * MINUTE_MS) / limit);
  return {
    untilMs,
    take(amount: number) {
      left = level() - amount;
    },
    headers(what: string): Record<string, string> {
      const name = `anthropic-ratelimit-${what}`;
      return {
        [`${name}-limit`]: `${limit}`,
        [`${name}-remaining`]: `${Math.max(0, Math.floor(level()))}`,
        [`${name}-reset`]: new Date(now() + untilMs(limit)).toISOString(),
      };
    },
  };
}
