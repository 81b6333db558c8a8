import { type Allowance, type Answer, type Ask, setAside } from "./allowance.ts";
import { levelOf, type TokenBucket, untilMs } from "./token-bucket.ts";

/** A worker that is not heard of for so long has died, and what it held is free. */
const LEASE_MS = 15_000;
/** How often a worker asks again whose place others hold. */
const POLL_MS = 250;
/** So much more than the largest of the last calls is to be there: the next may be larger, and our reckoning be off. */
const SPARE = 1.25;
/** Against the rounding of what has filled to a whole one. */
const EPSILON = 1e-6;

/**
 * Grants a worker as many starts as it wants and as the provider's limits have, within its share of the calls in flight.
 * @param grantedAt when it was last granted something: who has waited longer comes first
 */
export function grant(allowance: Allowance, ask: Ask, grantedAt: number, now: number): Answer {
  const { requests, inputTokens, outputTokens, meanInput, meanOutput, mostInput, pausedUntil } = allowance;
  // A call is refused unless all that it reads is there: the last that begins may be a large one.
  const largest = mostInput * SPARE;
  const told = requests !== null || inputTokens !== null || outputTokens !== null;
  const pausedMs = Math.max(0, (pausedUntil ?? 0) - now);
  const room = pausedMs > 0 ? 0 : Math.max(0, Math.min(ask.wanted, shareOf(allowance, grantedAt) - ask.inFlight));
  const bearable = Math.min(
    requests === null ? Infinity : levelOf(requests, now),
    inputTokens === null ? Infinity : callsIn(inputTokens, meanInput, largest),
    outputTokens === null ? Infinity : callsIn(outputTokens, meanOutput, meanOutput),
  );
  const granted = Math.max(0, Math.min(room, Math.floor(bearable + EPSILON)));
  setAside(allowance, granted, now);
  const shared = Object.keys(allowance.workers).length > 0;
  const slots = ask.inFlight + granted;
  const waiting = ask.wanted - granted;
  if (slots + waiting > 0)
    allowance.workers[ask.worker] = { slots, waiting, grantedAt: granted > 0 ? now : grantedAt, until: now + LEASE_MS };
  const { inFlightLimit, ended } = allowance;
  const reserved = { input: meanInput, output: meanOutput };
  return { slots, starts: granted, waitMs: waitMs(), inFlightLimit, told, ended, reserved, at: now };

  /** Below one where not even one that takes `last` is there; whoever takes more than the limit needs all of it. */
  function callsIn(bucket: TokenBucket, each: number, last: number): number {
    return 1 + (levelOf(bucket, now) - Math.min(last, bucket.limit)) / Math.min(each, bucket.limit);
  }

  function waitMs(): number {
    const { requests, inputTokens, outputTokens } = allowance;
    if (waiting === 0) return Infinity;
    if (pausedMs > 0) return pausedMs;
    if (granted === room) return shared ? POLL_MS : Infinity;
    return Math.max(
      requests === null ? 0 : untilMs(requests, 1, now),
      inputTokens === null ? 0 : untilMs(inputTokens, largest, now),
      outputTokens === null ? 0 : untilMs(outputTokens, meanOutput, now),
      1,
    );
  }
}

/**
 * Calls that a worker may have in flight: its fair share, or what others leave. Where there are fewer than workers, they go
 * around.
 */
function shareOf({ inFlightLimit, workers }: Allowance, grantedAt: number): number {
  const others = Object.values(workers);
  const held = others.reduce((sum, { slots }) => sum + slots, 0);
  const claimed = others.reduce((sum, { slots, waiting }) => sum + slots + waiting, 0);
  const ahead = others.filter((other) => other.grantedAt < grantedAt).length;
  const sharers = others.length + 1;
  const fair = Math.floor(inFlightLimit / sharers) + (ahead < inFlightLimit % sharers ? 1 : 0);
  return Math.min(inFlightLimit - held, Math.max(fair, inFlightLimit - claimed));
}
