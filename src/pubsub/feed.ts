import { GraphQLError } from "graphql";
import type { Database } from "../database/database.ts";
import { isPassing } from "../database/passing-error.ts";
import { badCursor, parseCursor } from "./cursor.ts";
import { type FeedObserver, UNOBSERVED } from "./observer.ts";
import { type DraftMessage, type Progress, progressOf, snapshot } from "./progress.ts";
import { createRunChannel, type RunChannel } from "./run-channel.ts";
import { hasEnded, readEvents, type RunEvent, type RunRow } from "./run-events.ts";
import { createPermits } from "./permits.ts";
import { consumerTooSlow, createSubscriber, type Subscriber } from "./subscriber.ts";
import type { WakeUps } from "./wake-ups.ts";

/** Events read at once. */
const PAGE = 200;
/** Events that wait for one consumer before it is ended: some seconds of the fastest run. Those who watch one run share them. */
const BUFFER = 1_000;
/**
 * Consumers that catch up have a page each for themselves: so many pages may wait at once, whoever comes, and each for so
 * long, in milliseconds, before its consumer is ended.
 */
const PAGES = 100;
const PAGE_TIME_MS = 30_000;
/** A wake-up that never came costs this long. */
const POLL_MS = 5_000;
const RETRY_MS = 500;
/** Who begins to watch while the database is away waits for it this long. */
const PATIENCE_MS = 120_000;

/** Live runs for any number of watchers: one reader for each run that is watched in this process. */
export interface Feed {
  /**
   * Watches a run. Without `after` a SNAPSHOT comes first; with a cursor, every event after it. Then every event once, in
   * order, until the run's last, with which it completes; drafts in between as they come.
   * @throws GraphQLError NOT_FOUND, BAD_CURSOR or CURSOR_EXPIRED; later, out of the iterator, NOT_FOUND where the run is
   * deleted, CONSUMER_TOO_SLOW where events pile up
   */
  watch(runId: string, after: string | null): Promise<AsyncIterableIterator<Progress>>;
  /** Shows a draft to who watches its run in this process. */
  draft(message: DraftMessage): void;
  /** Runs watched in this process. */
  readonly watchedRuns: number;
  /** Events that wait for consumers in this process. */
  readonly waiting: number;
  /** Ends all watchers. */
  close(): void;
}

interface Watched {
  readonly channel: RunChannel;
  readonly subscribers: Set<Subscriber<Progress>>;
  release(): void;
}

export function createFeed(options: {
  database: Database;
  wakeUps: WakeUps;
  onError: (error: unknown, runId: string) => void;
  /** Events that may wait for one consumer. */
  buffer?: number;
  /** Pages that may wait for consumers which are catching up, and how long each. */
  pages?: { count: number; timeMs: number };
  observer?: FeedObserver;
}): Feed {
  const { observer = UNOBSERVED } = options;
  const { prisma } = options.database;
  const { buffer = BUFFER, pages = { count: PAGES, timeMs: PAGE_TIME_MS } } = options;
  const pageSize = Math.min(PAGE, buffer);
  const watched = new Map<string, Watched>();
  let closed = false;
  const permits = createPermits(pages.count);

  async function readNext(runId: string, seq: number): Promise<RunEvent[] | null> {
    const events = await readEvents(prisma, runId, seq, pageSize);
    observer.eventsRead(events.length);
    if (events.length > 0) return events;
    return (await isThere(runId)) ? [] : null;
  }

  async function isThere(runId: string): Promise<boolean> {
    return (await prisma.run.count({ where: { id: runId } })) > 0;
  }

  function open(runId: string): Watched {
    const known = watched.get(runId);
    if (known !== undefined) return known;
    const channel = createRunChannel({
      read: (seq) => readNext(runId, seq),
      pageSize,
      gone: notFound,
      onReadError: (error) => options.onError(error, runId),
    });
    const silence = options.wakeUps.listen(runId, () => channel.wake());
    const poll = setInterval(() => channel.wake(), POLL_MS).unref();
    const entry: Watched = {
      channel,
      subscribers: new Set(),
      release: () => {
        silence();
        clearInterval(poll);
        watched.delete(runId);
      },
    };
    watched.set(runId, entry);
    return entry;
  }

  function subscribe(runId: string): { entry: Watched; subscriber: Subscriber<Progress> } {
    const entry = open(runId);
    const onClose = () => {
      observer.unsubscribed();
      entry.channel.leave(subscriber);
      entry.subscribers.delete(subscriber);
      if (entry.subscribers.size === 0) entry.release();
    };
    const subscriber = createSubscriber<Progress>(buffer, onClose, observer);
    observer.subscribed();
    entry.subscribers.add(subscriber);
    return { entry, subscriber };
  }

  /** Waits until a page has been taken; ends who does not take it. */
  async function taken(subscriber: Subscriber<Progress>): Promise<void> {
    const patience = setTimeout(() => subscriber.fail(consumerTooSlow()), pages.timeMs).unref();
    await subscriber.drained();
    clearTimeout(patience);
  }

  /** Reads on until the subscriber has all that the channel has, then lets it in. Outlives a database that is away. */
  async function catchUp(entry: Watched, subscriber: Subscriber<Progress>, run: RunRow, seq: number): Promise<void> {
    let place = { seq, run };
    while (!subscriber.closed) {
      const handOn = await permits.take();
      try {
        if (subscriber.closed) return;
        const events = await readNext(run.id, place.seq);
        if (events === null) return subscriber.fail(notFound());
        for (const event of events) {
          if (event.seq !== place.seq + 1) return subscriber.fail(cursorExpired());
          subscriber.push(progressOf(event));
          place = event;
        }
        await taken(subscriber);
        // An ended run's events go all at once or from the first on; what was still to come of them has gone.
        if (events.length === 0 && hasEnded(run) && place.seq < run.seq) return subscriber.fail(cursorExpired());
        if (hasEnded(place.run)) return subscriber.end();
        if (events.length === 0 && entry.channel.join(subscriber, place.seq, place.run)) return;
      } catch (error) {
        options.onError(error, run.id);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
      } finally {
        handOn();
      }
    }
  }

  /** Reads, and reads again while the database is away: who comes back after a break would not try a second time. */
  async function patiently<T>(runId: string, read: () => Promise<T>): Promise<T> {
    for (const deadline = Date.now() + PATIENCE_MS; ;) {
      try {
        return await read();
      } catch (error) {
        if (!isPassing(error) || closed || Date.now() > deadline) throw error;
        options.onError(error, runId);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
      }
    }
  }

  return {
    get watchedRuns() {
      return watched.size;
    },
    get waiting() {
      let waiting = 0;
      for (const { subscribers } of watched.values())
        for (const subscriber of subscribers) waiting += subscriber.waiting;
      return waiting;
    },
    async watch(runId, after) {
      const run = await patiently(runId, () => prisma.run.findUnique({ where: { id: runId } }));
      if (run === null) throw notFound();
      const seq = after === null ? run.seq : parseCursor(runId, after);
      if (seq > run.seq) throw badCursor();
      const next = () => prisma.runEvent.count({ where: { runId, seq: seq + 1 } });
      if (seq < run.seq && (await patiently(runId, next)) === 0)
        throw (await patiently(runId, () => isThere(runId))) ? cursorExpired() : notFound();
      const { entry, subscriber } = subscribe(runId);
      if (after === null) subscriber.push(snapshot(run));
      if (hasEnded(run) && seq === run.seq) subscriber.end();
      else if (after !== null || !entry.channel.join(subscriber, seq, run)) void catchUp(entry, subscriber, run, seq);
      return subscriber;
    },
    draft(message) {
      watched.get(message.runId)?.channel.draft(message);
    },
    close() {
      closed = true;
      for (const { subscribers } of [...watched.values()]) for (const subscriber of [...subscribers]) subscriber.end();
    },
  };
}

function notFound(): GraphQLError {
  return new GraphQLError("There is no run with this id. It may have been deleted with its project.", {
    extensions: { code: "NOT_FOUND" },
  });
}

function cursorExpired(): GraphQLError {
  return new GraphQLError("The events after this cursor have been cleaned away. Subscribe again without `after`.", {
    extensions: { code: "CURSOR_EXPIRED" },
  });
}
