import type { GraphQLError } from "graphql";
import { drafted, type DraftMessage, type Progress, progressOf } from "./progress.ts";
import { hasEnded, type RunEvent, type RunRow } from "./run-events.ts";
import type { Subscriber } from "./subscriber.ts";

/** Drafts that may wait for the event with which their attempt began. */
const MAX_WAITING_DRAFTS = 1_000;

/** The live end of one run in this process: reads each event once and hands it to everybody who has caught up. */
export interface RunChannel {
  /** Number of the last event handed out; null before anybody was live. */
  readonly head: number | null;
  /** Lets a subscriber in that has everything up to `seq`; false where the channel is further and it must read on first. */
  join(subscriber: Subscriber<Progress>, seq: number, run: RunRow): boolean;
  leave(subscriber: Subscriber<Progress>): void;
  /** Reads what is new; calls during a read make it read once more. */
  wake(): void;
  draft(message: DraftMessage): void;
}

export function createRunChannel(options: {
  /** Up to a page of events after a seq, in order; null where the run is gone. */
  read: (seq: number) => Promise<readonly RunEvent[] | null>;
  pageSize: number;
  gone: () => GraphQLError;
  /** Called with what a read threw; the channel goes on at the next wake-up. */
  onReadError: (error: unknown) => void;
}): RunChannel {
  const live = new Map<Subscriber<Progress>, { seq: number }>();
  /** The last event handed out and the run as of it; what a draft is told with. */
  let latest: { seq: number; run: RunRow } | null = null;
  /** Last event of each item since the channel went live. */
  const lastOfItem = new Map<string, number>();
  let waitingDrafts: DraftMessage[] = [];
  let reading = false;
  let again = false;

  function deliver(event: RunEvent): void {
    // A read that began for others, who have left since, may bring what the ones who are live now came in with.
    if (latest !== null && event.seq <= latest.seq) return;
    latest = { seq: event.seq, run: event.run };
    if (event.item !== null) lastOfItem.set(event.item.id, event.seq);
    const progress = progressOf(event);
    const ended = hasEnded(event.run);
    for (const [subscriber, place] of live) {
      if (event.seq > place.seq) {
        place.seq = event.seq;
        subscriber.push(progress);
      }
      if (ended) subscriber.end();
    }
    releaseDrafts(event.seq);
  }

  function releaseDrafts(head: number): void {
    if (waitingDrafts.length === 0) return;
    const due = waitingDrafts.filter((message) => message.seq <= head);
    waitingDrafts = waitingDrafts.filter((message) => message.seq > head);
    for (const message of due) deliverDraft(message);
  }

  function deliverDraft(message: DraftMessage): void {
    const superseded = (lastOfItem.get(message.item.id) ?? 0) > message.seq;
    if (latest === null || superseded) return;
    const progress = drafted(message, latest, new Date());
    // A draft is a courtesy: it must not be what ends a consumer that is behind.
    for (const [subscriber, place] of live)
      if (place.seq === latest.seq && !subscriber.crowded) subscriber.push(progress);
  }

  async function readNew(): Promise<void> {
    reading = true;
    try {
      do {
        again = false;
        if (latest === null) return;
        const events = await options.read(latest.seq);
        if (events === null) {
          for (const subscriber of live.keys()) subscriber.fail(options.gone());
          return;
        }
        for (const event of events) deliver(event);
        if (events.length === options.pageSize) again = true;
      } while (again && live.size > 0);
    } catch (error) {
      options.onReadError(error);
    } finally {
      reading = false;
    }
  }

  return {
    get head() {
      return latest?.seq ?? null;
    },
    join(subscriber, seq, run) {
      // Also where nobody is live: a read from `latest` on may be under way.
      if (latest !== null && latest.seq > seq) return false;
      if (latest === null || live.size === 0) {
        latest = { seq, run };
        lastOfItem.clear();
      }
      live.set(subscriber, { seq });
      this.wake();
      return true;
    },
    leave(subscriber) {
      live.delete(subscriber);
    },
    wake() {
      if (reading) again = true;
      else if (live.size > 0) void readNew();
    },
    draft(message) {
      if (live.size === 0 || latest === null) return;
      if (message.seq <= latest.seq) deliverDraft(message);
      else if (waitingDrafts.length < MAX_WAITING_DRAFTS) waitingDrafts.push(message);
    },
  };
}
