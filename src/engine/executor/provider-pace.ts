import type { LimitState, ProviderLimits, Usage } from "../../generation/generator.ts";

/** Calls in flight that ADAPTIVE begins with where a provider has limits, where it has none, and goes to at most. */
const BEGIN_LIMITED = 16;
const BEGIN_UNLIMITED = 32;
const MOST = 256;
/** What a call is taken to write until one has told. */
const FIRST_OUTPUT_GUESS = 1_000;
/** Weight of the newest call in the running mean of what calls write. */
const NEWEST = 0.2;
const MINUTE_MS = 60_000;
/** Calls that begin within this reach the provider in any order. */
const BURST_MS = 50;

/** A call that holds a place until it has ended. */
export interface Ticket {
  /** What the answer told of the limits, as they were when the call reached the provider. */
  observe(limits: ProviderLimits): void;
  end(result: "succeeded" | "failed" | "throttled", spent: Usage): void;
}

/**
 * How hard one key's provider is driven under ADAPTIVE, by all runs of the process together. Calls in flight grow by one
 * with each success until the provider first says that it is too much; then they halve, and grow by one each round trip.
 * Where answers tell limits, starts are spread so that these are used and not passed.
 */
export interface ProviderPace {
  readonly inFlightLimit: number;
  /** Calls that have begun and not ended. */
  readonly inFlight: number;
  /** Calls that may begin now. */
  available(): number;
  /** Milliseconds until waiting alone lets one begin; 0 where that is now, Infinity where a call must end first. */
  waitMs(): number;
  begin(): Ticket;
  /** Nothing begins before then: the provider asked for it. */
  pause(ms: number): void;
  /** Calls `listener` when a place has become free; until the returned function is called. */
  listen(listener: () => void): () => void;
}

/** @param options.now milliseconds of the epoch */
export function createProviderPace(options: { limited: boolean; now: () => number }): ProviderPace {
  const { now } = options;
  const listeners = new Set<() => void>();
  const requests = createBucket(now);
  const output = createBucket(now);
  let inFlightLimit = options.limited ? BEGIN_LIMITED : BEGIN_UNLIMITED;
  let inFlight = 0;
  let throttledBefore = false;
  let successesInRound = 0;
  let lastHalved = -Infinity;
  let pausedUntil = -Infinity;
  let meanOutput = FIRST_OUTPUT_GUESS;

  function grow(): void {
    successesInRound += 1;
    if (throttledBefore && successesInRound < inFlightLimit) return;
    successesInRound = 0;
    inFlightLimit = Math.min(inFlightLimit + 1, MOST);
  }

  /** Calls that began before the last halving are of the same burst: they tell nothing new. */
  function halve(began: number): void {
    if (began <= lastHalved) return;
    lastHalved = now();
    throttledBefore = true;
    successesInRound = 0;
    inFlightLimit = Math.max(1, Math.floor(inFlightLimit / 2));
  }

  return {
    get inFlightLimit() {
      return inFlightLimit;
    },
    get inFlight() {
      return inFlight;
    },
    available() {
      if (now() < pausedUntil) return 0;
      const free = inFlightLimit - inFlight;
      // What is told has in it what calls in flight have written so far: half, on the whole.
      const writable = output.level() / meanOutput - inFlight / 2;
      return Math.max(0, Math.floor(Math.min(free, requests.level(), writable)));
    },
    waitMs() {
      if (inFlight >= inFlightLimit) return Infinity;
      return Math.max(0, pausedUntil - now(), requests.untilMs(1), output.untilMs((inFlight / 2 + 1) * meanOutput));
    },
    begin() {
      const began = now();
      inFlight += 1;
      requests.take(1);
      let observed = false;
      let ended = false;
      return {
        observe(limits) {
          // A repair's limits are of a later moment than the beginning.
          if (observed) return;
          observed = true;
          if (limits.requests) requests.tell(limits.requests, began, requests.takenSince(began + BURST_MS));
          if (limits.outputTokens) output.tell(limits.outputTokens, began, 0);
        },
        end(result, spent) {
          if (ended) return;
          ended = true;
          inFlight -= 1;
          output.take(spent.outputTokens);
          if (spent.outputTokens > 0) meanOutput += NEWEST * (spent.outputTokens - meanOutput);
          if (result === "succeeded") grow();
          else if (result === "throttled") halve(began);
          for (const listener of listeners) listener();
        },
      };
    },
    pause(ms) {
      pausedUntil = Math.max(pausedUntil, now() + ms);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** One of the provider's limits, as it is between two answers: it fills evenly, and what we take is gone. Endless until told. */
function createBucket(now: () => number) {
  let known: { limit: number; level: number; at: number } | null = null;
  let takes: { at: number; amount: number }[] = [];
  const level = () =>
    known === null ? Infinity : Math.min(known.limit, known.level + ((now() - known.at) * known.limit) / MINUTE_MS);
  return {
    level,
    take(amount: number) {
      takes = [...takes.filter(({ at }) => at > now() - MINUTE_MS), { at: now(), amount }];
      // Not below empty: what is told may have had it in it already, and the next answer tells how it really is.
      if (known !== null) known = { ...known, level: Math.max(0, level() - amount), at: now() };
    },
    takenSince: (moment: number) => takes.filter(({ at }) => at > moment).reduce((sum, { amount }) => sum + amount, 0),
    /**
     * What was left when a call that began at `began` reached the provider: by now `since` has been taken of it, and it has
     * filled. It is told rounded down; within that our own reckoning is finer, and goes on.
     */
    tell({ limit, remaining }: LimitState, began: number, since: number) {
      const left = remaining - since + ((now() - began) * limit) / MINUTE_MS;
      const reckoned = known?.limit === limit ? level() : left;
      known = { limit, level: Math.min(limit, Math.max(left, Math.min(reckoned, left + 1))), at: now() };
    },
    /** Milliseconds until `amount` is there; 0 where it is. */
    untilMs(amount: number) {
      if (known === null) return 0;
      const lacking = Math.min(amount, known.limit) - level();
      return lacking <= 0 ? 0 : Math.ceil((lacking * MINUTE_MS) / known.limit);
    },
  };
}
