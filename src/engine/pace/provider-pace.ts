import type { ProviderLimits, Usage } from "../../generation/generator.ts";
import type { Answer, Ask, Beginning, CallResult, CallTokens, News } from "./allowance.ts";
import type { AllowanceStore } from "./allowance-store.ts";
import { createPlaces } from "./places.ts";

/** Asking a store that is shared: the least time between two times, and how long news may wait that nobody waits for. */
const GAP_MS = 25;
const NEWS_MS = 1_000;
/** What a worker holds is confirmed this often, well within the lease. */
const RENEW_MS = 5_000;
const RETRY_MS = 1_000;

const NOTHING: CallTokens = { input: 0, output: 0 };

/** A call that holds a place until it has ended. */
export interface Ticket {
  /** What the answer told of the limits, as they were when the call reached the provider. */
  observe(limits: ProviderLimits): void;
  end(result: CallResult, spent: Usage): void;
}

/** One run's place among those that ask the same provider. */
export interface Seat {
  /** How many of `wanted` calls may begin now. They are kept for this seat until it wants fewer; for the others it is rung. */
  available(wanted: number): number;
  begin(): Ticket;
  /** Calls under way go on. */
  leave(): void;
}

/**
 * How hard one key's provider is driven under ADAPTIVE, by all runs of the process together and, where the store is shared,
 * of all processes. The store grants starts in batches, while somebody wants them; what it takes to ask costs no call a
 * moment in which it could begin.
 */
export interface ProviderPace {
  /** Calls that all workers may have under way together; 1 until the store has been asked. */
  readonly inFlightLimit: number;
  /** Calls of this process that have begun and not ended. */
  readonly inFlight: number;
  /** @param ring called when more has become available */
  join(ring: () => void): Seat;
  /** Nothing begins for so long: the provider asked for it. */
  pause(ms: number): void;
  /** Milliseconds until the provider may be asked again, after what this process was told; 0 where it may be now. */
  readonly pausedMs: number;
  /** Gives back what it holds. */
  close(): Promise<void>;
}

/**
 * @param options.worker tells this process from others
 * @param options.now milliseconds
 * @param options.random from 0 to 1: workers that wait for the same moment take turns by chance
 * @param options.onError hears, once each time, that the store cannot be reached; nothing begins until it can
 */
export function createProviderPace(options: {
  store: AllowanceStore;
  worker: string;
  now: () => number;
  random: () => number;
  onError: (error: unknown) => void;
}): ProviderPace {
  const { store, worker, now } = options;
  const [gapMs, newsMs] = store.shared ? [GAP_MS, NEWS_MS] : [0, 0];
  const places = createPlaces();
  let news: News[] = [];
  let inFlight = 0;
  let answer: Answer | null = null;
  /** Starts that were granted and have not begun; below zero, calls that began beyond them. */
  let starts = 0;
  let pausedUntil = -Infinity;
  /** When the store was asked last, when it is worth asking for the same again, and how much of it was not granted. */
  let askedAt = -Infinity;
  let answeredAt = 0;
  let againAt = Infinity;
  let lacking = 0;
  let asking: Promise<void> | null = null;
  let urgent = false;
  let failing = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const slots = () => answer?.slots ?? 0;

  /** What may begin and is kept for nobody. */
  function free(): number {
    if (now() < pausedUntil) return 0;
    const bound = answer?.told ? Math.min(slots() - inFlight, starts) : slots() - inFlight;
    return Math.max(0, bound - places.kept);
  }

  function tell(one: News): void {
    news.push(one);
    const told = answer?.told ?? false;
    if (one.kind === "paused" || (one.kind === "told" && !told) || (told && places.wanting > 0)) urgent = true;
    places.deal(free());
    schedule();
  }

  /** When the store is to be asked next; Infinity where there is nothing to ask. */
  function dueAt(): number {
    const { wanting, kept } = places;
    const spare = wanting === 0 && (slots() > inFlight + kept || starts > kept);
    const due = Math.min(
      urgent || wanting > lacking ? -Infinity : Infinity,
      wanting > 0 ? againAt : Infinity,
      spare || news.length > 0 ? askedAt + newsMs : Infinity,
      slots() + inFlight > 0 ? askedAt + RENEW_MS : Infinity,
    );
    return Math.max(due, askedAt + (failing ? RETRY_MS : gapMs));
  }

  function schedule(): void {
    clearTimeout(timer);
    if (closed || asking !== null) return;
    const at = dueAt();
    if (at < Infinity) timer = setTimeout(askNow, Math.max(0, at - now()));
  }

  function askNow(): void {
    asking = ask().finally(() => {
      asking = null;
      places.deal(free());
      schedule();
    });
  }

  async function ask(): Promise<void> {
    const { wanting, kept } = places;
    const told = news;
    const asked: Ask = closed
      ? { worker, inFlight: 0, wanted: 0, unused: starts, news }
      : { worker, inFlight: inFlight + kept, wanted: wanting, unused: starts - kept, news };
    news = [];
    starts -= asked.unused;
    urgent = false;
    try {
      answer = await store.exchange(asked);
      failing = false;
      starts += answer.starts;
      lacking = asked.wanted - (answer.slots - asked.inFlight);
      answeredAt = now();
      againAt = answeredAt + answer.waitMs + (store.shared ? options.random() * GAP_MS : 0);
    } catch (error) {
      if (!failing) options.onError(error);
      failing = true;
      urgent = true;
      news = [...told, ...news];
      // What was to go back may be lost: the provider will tell. What was owed is told again.
      starts += Math.min(0, asked.unused);
    }
    askedAt = now();
  }

  /** By the store's clock. */
  function storeNow(): number {
    return (answer?.at ?? 0) + now() - answeredAt;
  }

  function createTicket(): Ticket {
    const call: Beginning = { at: storeNow(), ended: answer?.ended ?? 0, reserved: answer?.reserved ?? NOTHING };
    let observed = false;
    let ended = false;
    return {
      observe(limits) {
        // A repair's limits are of a later moment than the beginning.
        if (observed) return;
        observed = true;
        tell({ kind: "told", call, at: storeNow(), limits });
      },
      end(result, { inputTokens, cacheWriteTokens, outputTokens }) {
        if (ended) return;
        ended = true;
        inFlight -= 1;
        // What is read from the provider's cache does not count.
        const took = { input: inputTokens + cacheWriteTokens, output: outputTokens };
        tell({ kind: "ended", call, result, took });
      },
    };
  }

  return {
    get inFlightLimit() {
      return answer?.inFlightLimit ?? 1;
    },
    get inFlight() {
      return inFlight;
    },
    join(ring) {
      const place = places.join(ring);
      return {
        available(wanted) {
          place.wanted = wanted;
          place.kept = Math.min(wanted, place.kept + free());
          places.deal(free());
          lacking = Math.min(lacking, places.wanting);
          schedule();
          return place.kept;
        },
        begin() {
          place.kept = Math.max(0, place.kept - 1);
          place.wanted = Math.max(0, place.wanted - 1);
          starts -= 1;
          inFlight += 1;
          return createTicket();
        },
        leave() {
          places.leave(place);
          places.deal(free());
          schedule();
        },
      };
    },
    get pausedMs() {
      return Math.max(0, pausedUntil - now());
    },
    pause(ms) {
      if (ms <= 0) return;
      pausedUntil = Math.max(pausedUntil, now() + ms);
      places.clear();
      tell({ kind: "paused", ms });
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await asking;
      if (!failing && (slots() > 0 || news.length > 0)) await ask();
    },
  };
}
