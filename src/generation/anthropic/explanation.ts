import type { RetryAdvice } from "../generator.ts";

/** What a failed call means for the one who started the run. */
export interface Explanation {
  /** What happened, with what; whole sentences. */
  readonly message: string;
  /** What to do once no further try is made by itself: a sentence that begins with it. */
  readonly advice: string;
  /** Whether every further call would meet the same. */
  readonly fatal?: boolean;
  /** Whether trying again may help; null or absent where it would not. */
  readonly retry?: RetryAdvice | null;
}

export const AGAIN: RetryAdvice = { afterMs: null, throttled: false };
export const TRY_LATER = "Retry the run in a while.";
