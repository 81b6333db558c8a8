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

/** A call that holds a place until it has ended. */
export interface Ticket {
  end(result: "succeeded" | "failed" | "throttled", spent: Usage): void;
}

/**
 * How hard one key's provider is driven under ADAPTIVE, by all runs of the process together. Calls in flight grow by one
 * with each success until the provider first says that it is too much; then they halve, and grow by one each round trip.
 * Where answers tell limits, starts are spread so that these are used and not passed.
 */
export interface ProviderPace {
  readonly inFlightLimit: number;
  /** Calls that may begin now. */
  available(): number;
  /** Milliseconds until waiting alone lets one begin; 0 where that is now, Infinity where a call must end first. */
  waitMs(): number;
  begin(): Ticket;
  /** What an answer told of the limits. */
  observe(limits: ProviderLimits): void;
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
    available() {
      if (now() < pausedUntil) return 0;
      const free = inFlightLimit - inFlight;
      const writable = (output.level() - inFlight * meanOutput) / meanOutput;
      return Math.max(0, Math.floor(Math.min(free, requests.level(), writable)));
    },
    waitMs() {
      if (inFlight >= inFlightLimit) return Infinity;
      return Math.max(0, pausedUntil - now(), requests.untilMs(1), output.untilMs((inFlight + 1) * meanOutput));
    },
    begin() {
      const began = now();
      inFlight += 1;
      requests.take(1);
      let ended = false;
      return {
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
    observe(limits) {
      if (limits.requests) requests.set(limits.requests);
      if (limits.outputTokens) output.set(limits.outputTokens);
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
  let told: { limit: number; level: number; at: number } | null = null;
  const level = () =>
    told === null ? Infinity : Math.min(told.limit, told.level + ((now() - told.at) * told.limit) / MINUTE_MS);
  return {
    level,
    take(amount: number) {
      if (told !== null) told = { ...told, level: level() - amount, at: now() };
    },
    set({ limit, remaining }: LimitState) {
      told = { limit, level: remaining, at: now() };
    },
    /** Milliseconds until `amount` is there; 0 where it is. */
    untilMs(amount: number) {
      if (told === null) return 0;
      const lacking = Math.min(amount, told.limit) - level();
      return lacking <= 0 ? 0 : Math.ceil((lacking * MINUTE_MS) / told.limit);
    },
  };
}
