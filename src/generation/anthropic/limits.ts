import type { LimitState, ProviderLimits } from "../generator.ts";

/** What an answer's headers tell of the provider's limits; null where they tell nothing. */
export function limitsOf(headers: Headers): ProviderLimits | null {
  const requests = limitOf(headers, "requests");
  const inputTokens = limitOf(headers, "input-tokens");
  const outputTokens = limitOf(headers, "output-tokens");
  if (requests === null && inputTokens === null && outputTokens === null) return null;
  return {
    ...(requests === null ? {} : { requests }),
    ...(inputTokens === null ? {} : { inputTokens }),
    ...(outputTokens === null ? {} : { outputTokens }),
  };
}

function limitOf(headers: Headers, what: string): LimitState | null {
  const told = (part: string): string => headers.get(`anthropic-ratelimit-${what}-${part}`)?.trim() ?? "";
  const limit = countOf(told("limit"));
  const remaining = countOf(told("remaining"));
  const resetAt = Date.parse(told("reset"));
  return limit === null || remaining === null || Number.isNaN(resetAt) ? null : { limit, remaining, resetAt };
}

function countOf(text: string): number | null {
  return /^\d{1,15}$/u.test(text) ? Number(text) : null;
}

/**
 * How long a provider asks to wait, in milliseconds, from `retry-after-ms` or `retry-after` (seconds or a date); null
 * where it does not say.
 * @param now milliseconds of the epoch
 */
export function retryAfterMs(headers: Headers | undefined, now: number): number | null {
  const milliseconds = numberOf(headers?.get("retry-after-ms"));
  if (milliseconds !== null) return milliseconds;
  const after = headers?.get("retry-after");
  const seconds = numberOf(after);
  if (seconds !== null) return seconds * 1000;
  const at = Date.parse(after ?? "");
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

function numberOf(text: string | null | undefined): number | null {
  return text !== null && text !== undefined && /^\s*\d{1,9}(?:\.\d{1,9})?\s*$/u.test(text) ? Number(text) : null;
}
