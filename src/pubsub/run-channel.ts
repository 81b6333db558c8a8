import type { GraphQLError } from "graphql";
import { drafted, type DraftMessage, latestOf, type Progress, progressOf } from "./progress.ts";
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
  /** The last event that each has, and the run as it was shown to it then. */
  const live = new Map<Subscriber<Progress>, { seq: number; run: RunRow }>();
  /** Number of the last event handed out. */
  let head: number | null = null;
  /** Last event of each item since the channel went live. */
  const lastOfItem = new Map<string, number>();
  let waitingDrafts: DraftMessage[] = [];
  let reading = false;
  let again = false;

  function deliver(event: RunEvent): void {
    // A read that began for others, who have left since, may bring what the ones who are live now came in with.
    if (head !== null && event.seq <= head) return;
    head = event.seq;
    if (event.item !== null) lastOfItem.set(event.item.id, event.seq);
    const progress = progressOf(event);
    const ended = hasEnded(event.run);
    for (const [subscriber, place] of live) {
      if (event.seq > place.seq) {
        place.seq = event.seq;
        place.run = event.run;
        subscriber.push(progress);
      }
      if (ended) subscriber.end();
    }
    releaseDrafts(event.seq);
  }

  function releaseDrafts(upTo: number): void {
    if (waitingDrafts.length === 0) return;
    const due = waitingDrafts.filter((message) => message.seq <= upTo);
    waitingDrafts = waitingDrafts.filter((message) => message.seq > upTo);
    for (const message of due) deliverDraft(message);
  }

  function deliverDraft(message: DraftMessage): void {
    const superseded = (lastOfItem.get(message.item.id) ?? 0) > message.seq;
    if (superseded || head === null) return;
    const upToDate = [...live].filter(([, place]) => place.seq === head);
    // Heartbeats are no events: who joined after one has been shown a later moment than who saw the event itself.
    const run = latestOf(upToDate.map(([, place]) => place.run));
    // Attempts of an executor that the run was taken from are void, also for who joined after it was told of each.
    if (run === null || (message.lease ?? run.lease) < run.lease) return;
    const progress = drafted(message, { seq: head, run });
    // A draft is a courtesy: it must not be what ends a consumer that is behind.
    for (const [subscriber] of upToDate) if (!subscriber.crowded) subscriber.push(progress);
  }

  async function readNew(): Promise<void> {
    reading = true;
    try {
      do {
        again = false;
        if (head === null) return;
        const events = await options.read(head);
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
      return head;
    },
    join(subscriber, seq, run) {
      // Also where nobody is live: a read from `head` on may be under way.
      if (head !== null && head > seq) return false;
      if (head === null || live.size === 0) {
        head = seq;
        lastOfItem.clear();
      }
      live.set(subscriber, { seq, run });
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
      if (live.size === 0 || head === null) return;
      if (message.seq <= head) deliverDraft(message);
      else if (waitingDrafts.length < MAX_WAITING_DRAFTS) waitingDrafts.push(message);
    },
  };
}
