import type { LimitState } from "../../generation/generator.ts";
import type { Allowance, Ask, Beginning, News } from "./allowance.ts";
import { correct, fillOf, take, type TokenBucket } from "./token-bucket.ts";

/** Calls in flight that ADAPTIVE goes to at most. */
const MOST_IN_FLIGHT = 256;
/** Weight of the newest call in the running means of what calls take. */
const NEWEST = 0.2;
/** The same for how large a call may be, where it is smaller: what was large fades over some fifty calls. */
const NEWEST_SMALLER = 0.02;

/** Brings an allowance up to what a worker tells of its calls. */
export function hear(allowance: Allowance, { inFlight, news }: Ask, now: number): void {
  const others = Object.values(allowance.workers).reduce((sum, { slots }) => sum + slots, 0);
  // Calls whose end is yet to be heard of still have their tokens set aside.
  let underWay = others + inFlight + news.filter(({ kind }) => kind === "ended").length;
  for (const one of news) {
    if (one.kind === "told") learnLimits(allowance, one, underWay, now);
    else if (one.kind === "paused") allowance.pausedUntil = Math.max(allowance.pausedUntil ?? 0, now + one.ms);
    else {
      underWay -= 1;
      allowance.ended += 1;
      settle(allowance, one, now);
    }
  }
}

/**
 * What a call tells is how much was left when it reached the provider, at some time between its beginning and its answer.
 * That the bucket had filled, and that other calls took of it, may be in it already or not: so it gives bounds.
 */
function learnLimits(
  allowance: Allowance,
  { call, at, limits }: Extract<News, { kind: "told" }>,
  underWay: number,
  now: number,
): void {
  const others = underWay - 1 + allowance.ended - call.ended;
  const { meanInput, meanOutput } = allowance;
  /** @param own what the call itself is yet to take; the others have taken all of what each takes, or nothing */
  const corrected = (bucket: TokenBucket | null, told: LimitState | undefined, each: number, own: number) => {
    if (told === undefined) return bucket;
    const { limit, remaining } = told;
    const least = remaining + fillOf(limit, now - at) - others * each - own;
    // It is told rounded down.
    const most = remaining + 1 + fillOf(limit, now - call.at) - own;
    return correct(bucket, { limit, least, most }, now);
  };
  // What a call reads counts at once, as the call does; what it writes, as it writes it.
  allowance.requests = corrected(allowance.requests, limits.requests, 1, 0);
  allowance.inputTokens = corrected(allowance.inputTokens, limits.inputTokens, meanInput, 0);
  allowance.outputTokens = corrected(allowance.outputTokens, limits.outputTokens, meanOutput, meanOutput);
}

function settle(allowance: Allowance, { call, result, took }: Extract<News, { kind: "ended" }>, now: number): void {
  const { inputTokens, outputTokens, meanInput, meanOutput, mostInput } = allowance;
  if (inputTokens !== null) allowance.inputTokens = take(inputTokens, took.input - call.reserved.input, now);
  if (outputTokens !== null) allowance.outputTokens = take(outputTokens, took.output - call.reserved.output, now);
  if (took.input > 0) {
    allowance.meanInput = towards(took.input, meanInput, NEWEST);
    allowance.mostInput = Math.max(took.input, towards(took.input, mostInput, NEWEST_SMALLER));
  }
  if (took.output > 0) allowance.meanOutput = towards(took.output, meanOutput, NEWEST);
  if (result === "succeeded") grow(allowance);
  else if (result === "throttled") halve(allowance, call, now);
}

function towards(newest: number, mean: number, weight: number): number {
  return mean + weight * (newest - mean);
}

/** By one with each success until the provider first says that it is too much; then by one each round trip. */
function grow(allowance: Allowance): void {
  allowance.successesInRound += 1;
  if (allowance.throttled && allowance.successesInRound < allowance.inFlightLimit) return;
  allowance.successesInRound = 0;
  allowance.inFlightLimit = Math.min(allowance.inFlightLimit + 1, MOST_IN_FLIGHT);
}

/** Calls that began before the last halving are of the same burst: they tell nothing new. */
function halve(allowance: Allowance, { at }: Beginning, now: number): void {
  if (allowance.halvedAt !== null && at <= allowance.halvedAt) return;
  allowance.halvedAt = now;
  allowance.throttled = true;
  allowance.successesInRound = 0;
  allowance.inFlightLimit = Math.max(1, Math.floor(allowance.inFlightLimit / 2));
}
