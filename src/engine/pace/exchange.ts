import { type Allowance, type Answer, type Ask, createAllowance, setAside } from "./allowance.ts";
import { grant } from "./grant.ts";
import { hear } from "./hear-news.ts";

/** After so long without a call, how many were borne at once says nothing any more. */
const FORGET_MS = 10 * 60_000;

/** Takes in what a worker tells, and grants what it may begin. Changes nothing that it was given, so that it can be tried again. */
export function exchange(before: Allowance, ask: Ask, now: number): { allowance: Allowance; answer: Answer } {
  const allowance = structuredClone(now - before.usedAt < FORGET_MS ? before : wornOff(before));
  allowance.usedAt = now;
  const grantedAt = before.workers[ask.worker]?.grantedAt ?? 0;
  for (const [id, { until }] of Object.entries(before.workers))
    if (until <= now || id === ask.worker) delete allowance.workers[id];
  setAside(allowance, -ask.unused, now);
  hear(allowance, ask, now);
  return { allowance, answer: grant(allowance, ask, grantedAt, now) };
}

/** The limits stay until they are told anew, and so does what calls take of them. */
function wornOff(before: Allowance): Allowance {
  const { limited, requests, inputTokens, outputTokens, meanInput, meanOutput, mostInput } = before;
  return { ...createAllowance(limited), requests, inputTokens, outputTokens, meanInput, meanOutput, mostInput };
}
