import type { LimitState } from "../../generation/generator.ts";
import type { Allowance, Ask, Beginning, News } from "./allowance.ts";
import { correct, fillOf, take } from "./token-bucket.ts";

/** Calls in flight that ADAPTIVE goes to at most. */
const MOST_IN_FLIGHT = 256;
/** Weight of the newest call in the running mean of what calls write. */
const NEWEST = 0.2;

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
  const { requests, outputTokens } = limits;
  const boundsOf = ({ limit, remaining }: LimitState) => ({
    limit,
    least: remaining + fillOf(limit, now - at),
    // It is told rounded down.
    most: remaining + 1 + fillOf(limit, now - call.at),
  });
  if (requests) {
    const { limit, least, most } = boundsOf(requests);
    allowance.requests = correct(allowance.requests, { limit, least: least - others, most }, now);
  }
  if (outputTokens) {
    // The call itself had written nothing then; the others all of what is set aside for them, or nothing.
    const { limit, least, most } = boundsOf(outputTokens);
    const written = (calls: number) => calls * allowance.meanOutput;
    const bounds = { limit, least: least - written(others + 1), most: most - written(1) };
    allowance.outputTokens = correct(allowance.outputTokens, bounds, now);
  }
}

function settle(
  allowance: Allowance,
  { call, result, outputTokens }: Extract<News, { kind: "ended" }>,
  now: number,
): void {
  if (allowance.outputTokens !== null)
    allowance.outputTokens = take(allowance.outputTokens, outputTokens - call.reserved, now);
  if (outputTokens > 0) allowance.meanOutput += NEWEST * (outputTokens - allowance.meanOutput);
  if (result === "succeeded") grow(allowance);
  else if (result === "throttled") halve(allowance, call, now);
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
