import type { RetryAdvice } from "../../generation/generator.ts";
import type { RunItemRow } from "../../pubsub/run-events.ts";
import type { BeginKind, Pacer } from "./pacer.ts";
import { MAX_TRIES, retryDelayMs } from "./retry-backoff.ts";

/** Items looked at beyond those that may start: skipped ones take no start, and a row of them costs few transactions. */
const LOOK_AHEAD = 50;

/** Whose turn it is: items that wait for their start, in order, and items that wait for another try. */
export interface Turns {
  /** Items that wait for either. */
  readonly waiting: number;
  /** All that wait for their start, in order. */
  readonly fresh: readonly RunItemRow[];
  /** Who may begin now: `retries`, and at most `mayStart` of `next`. `most` is what else limits them, such as the budget. */
  next(most: number): { retries: RunItemRow[]; next: RunItemRow[]; mayStart: number };
  /** Milliseconds until somebody may begin if no call ends before; Infinity where one must. */
  waitMs(): number;
  /** These have been dealt with. @param held whether the next of `fresh` has been looked at and needs a call */
  took(itemIds: readonly string[], held: boolean): void;
  /** This one waits for another try. @param asked whether the provider named a time: nothing new goes before it then */
  again(item: RunItemRow, delayMs: number, asked: boolean): void;
  /** Milliseconds until the next try of an item; null where it has had enough. */
  retryDelay(itemId: string, advice: RetryAdvice): number | null;
  /** What kind of beginning that of this item is. */
  kindOf(itemId: string): BeginKind;
}

/** @param options.random from 0 to 1, for the jitter of retries */
export function createTurns(options: {
  items: readonly RunItemRow[];
  pacer: Pacer;
  retryBaseMs: number;
  now: () => number;
  random: () => number;
}): Turns {
  const { pacer, now } = options;
  let fresh = [...options.items];
  let retrying: { item: RunItemRow; dueAt: number; asked: boolean }[] = [];
  let headHeld = false;
  const tries = new Map<string, number>();
  /** Nothing new goes before what the provider has turned away and named a time for. */
  const turnedAway = () => retrying.some(({ asked, dueAt }) => asked && dueAt > now());
  return {
    get waiting() {
      return fresh.length + retrying.length;
    },
    get fresh() {
      return fresh;
    },
    next(most) {
      const ready = retrying.filter(({ dueAt }) => dueAt <= now());
      const wanted = Math.min(ready.length + fresh.length, most);
      const room = pacer.room(wanted);
      const due = ready.slice(0, Math.min(room, most));
      const free = Math.min(pacer.available(wanted), room - due.length, most - due.length);
      const starts = turnedAway() ? 0 : Math.max(0, free);
      const next = starts > 0 || !headHeld ? fresh.slice(0, starts + LOOK_AHEAD) : [];
      return { retries: due.map(({ item }) => item), next, mayStart: starts };
    },
    waitMs() {
      const untilDue = Math.min(Infinity, ...retrying.map(({ dueAt }) => dueAt - now()));
      // A retry that is due waits for room, as a start waits for its own.
      const untilRetry = untilDue > 0 ? untilDue : pacer.waitMs("retry");
      const untilStart = fresh.length > 0 && !turnedAway() ? pacer.waitMs("start") : Infinity;
      return Math.max(1, Math.min(untilRetry, untilStart));
    },
    took(itemIds, held) {
      const taken = new Set(itemIds);
      // A step that looked at none of them leaves it as it was.
      if (held || fresh.some(({ id }) => taken.has(id))) headHeld = held;
      fresh = fresh.filter(({ id }) => !taken.has(id));
      retrying = retrying.filter(({ item }) => !taken.has(item.id));
    },
    again(item, delayMs, asked) {
      tries.set(item.id, (tries.get(item.id) ?? 1) + 1);
      retrying.push({ item, dueAt: now() + delayMs, asked });
    },
    retryDelay(itemId, advice) {
      const next = (tries.get(itemId) ?? 1) + 1;
      return next > MAX_TRIES ? null : retryDelayMs(advice, next, options.retryBaseMs, options.random);
    },
    kindOf: (itemId) => (tries.has(itemId) ? "retry" : "start"),
  };
}
