import { z } from "zod";
import type { ProviderLimits } from "../../generation/generator.ts";
import { take, TokenBucket } from "./token-bucket.ts";

/** Calls in flight that ADAPTIVE begins with where a provider has limits, and where it has none. */
const BEGIN_LIMITED = 16;
const BEGIN_UNLIMITED = 32;
/** Tokens that a call is taken to read, and to write, until one has told. */
const FIRST_GUESS = 1_000;

/**
 * What all workers on one key know of a provider, and what they hold of it. Plain data, so that it can be kept anywhere;
 * times are milliseconds of the epoch, by the clock of whoever keeps it. Null is: not told yet, or never. What has a default
 * is left out by older programs.
 */
export const Allowance = z.object({
  /** Whether a provider limits the calls at all. */
  limited: z.boolean(),
  usedAt: z.number(),
  requests: TokenBucket.nullable(),
  /** Of tokens, calls under way have their mean reserved; what they really took is settled when they end. */
  inputTokens: TokenBucket.nullable().default(null),
  outputTokens: TokenBucket.nullable(),
  /** Calls that ever ended. */
  ended: z.number(),
  meanInput: z.number().default(FIRST_GUESS),
  meanOutput: z.number(),
  /** What the largest of the last calls took of the input. */
  mostInput: z.number().default(FIRST_GUESS),
  inFlightLimit: z.number(),
  /** Whether the provider has ever said that it is too much: from then on growth is one each round trip. */
  throttled: z.boolean(),
  successesInRound: z.number(),
  halvedAt: z.number().nullable(),
  pausedUntil: z.number().nullable(),
  workers: z.record(
    z.string(),
    z.object({
      /** Calls that it may have under way. */
      slots: z.number(),
      /** Calls that it wants beyond those. */
      waiting: z.number(),
      grantedAt: z.number(),
      until: z.number(),
    }),
  ),
});
export type Allowance = z.infer<typeof Allowance>;

/** What a call takes of the limits on tokens. */
export interface CallTokens {
  readonly input: number;
  readonly output: number;
}

/** What was so when a call began, for what it will tell. */
export interface Beginning {
  readonly at: number;
  /** Calls known to have ended before. */
  readonly ended: number;
  /** Set aside for it. */
  readonly reserved: CallTokens;
}

export type CallResult = "succeeded" | "failed" | "throttled";

/** What a worker has to tell of its calls. */
export type News =
  | { readonly kind: "told"; readonly call: Beginning; readonly at: number; readonly limits: ProviderLimits }
  | { readonly kind: "ended"; readonly call: Beginning; readonly result: CallResult; readonly took: CallTokens }
  /** The provider asked to be left alone for so long. */
  | { readonly kind: "paused"; readonly ms: number };

export interface Ask {
  readonly worker: string;
  /** Calls under way, and those about to begin with what was granted before. */
  readonly inFlight: number;
  /** Further calls that would begin if they might. */
  readonly wanted: number;
  /** Starts granted before that nobody needs now; below zero, calls that began beyond them. */
  readonly unused: number;
  readonly news: readonly News[];
}

export interface Answer {
  /** Calls that the worker may have under way from now on. */
  readonly slots: number;
  /** Calls that it may let begin. While the provider has told no limits, only `slots` bind, and more may follow these. */
  readonly starts: number;
  /** Milliseconds until asking again may bring what was not granted; Infinity where a call must end first. */
  readonly waitMs: number;
  readonly inFlightLimit: number;
  /** Whether the provider has told limits. */
  readonly told: boolean;
  /** For the `Beginning` of calls. */
  readonly ended: number;
  readonly reserved: CallTokens;
  readonly at: number;
}

/** Nothing is known yet. @param limited whether a provider limits the calls at all */
export function createAllowance(limited: boolean): Allowance {
  return {
    limited,
    usedAt: 0,
    requests: null,
    inputTokens: null,
    outputTokens: null,
    ended: 0,
    meanInput: FIRST_GUESS,
    meanOutput: FIRST_GUESS,
    mostInput: FIRST_GUESS,
    inFlightLimit: limited ? BEGIN_LIMITED : BEGIN_UNLIMITED,
    throttled: false,
    successesInRound: 0,
    halvedAt: null,
    pausedUntil: null,
    workers: {},
  };
}

/** Sets aside what so many calls take; a number below zero gives it back. */
export function setAside(allowance: Allowance, calls: number, now: number): void {
  const { requests, inputTokens, outputTokens, meanInput, meanOutput } = allowance;
  if (requests !== null) allowance.requests = take(requests, calls, now);
  if (inputTokens !== null) allowance.inputTokens = take(inputTokens, calls * meanInput, now);
  if (outputTokens !== null) allowance.outputTokens = take(outputTokens, calls * meanOutput, now);
}
