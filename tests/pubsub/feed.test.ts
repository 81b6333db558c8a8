import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Database } from "../../src/database/database.ts";
import { changeRunNow } from "../../src/engine/run-change.ts";
import { formatCursor } from "../../src/pubsub/cursor.ts";
import { createFeed, type Feed } from "../../src/pubsub/feed.ts";
import type { Progress } from "../../src/pubsub/progress.ts";
import { createWakeUps, type WakeUps } from "../../src/pubsub/wake-ups.ts";
import { createTestDatabase } from "../support/database.ts";
import { createRunLog } from "../support/run-log.ts";
import { itemRow } from "../support/run-rows.ts";

let database: Database;
let wakeUps: WakeUps;
let feed: Feed;
const errors: unknown[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  wakeUps = createWakeUps();
  feed = createFeed({ database, wakeUps, onError: (error) => errors.push(error) });
});
afterAll(() => database.close());
afterEach(() => expectNothingLeft());

function expectNothingLeft(): void {
  expect(errors).toEqual([]);
  expect(feed.watchedRuns).toBe(0);
}

const newLog = (events = 0) => createRunLog({ database, wakeUps }, { events });
const seqs = (progress: readonly Progress[]) => progress.map(({ seq }) => seq);
const upTo = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);
const code = (name: string) => expect.objectContaining({ extensions: { code: name } });

/** Takes what comes until the stream ends. */
async function all(runId: string, after: string | null = null): Promise<Progress[]> {
  return Array.fromAsync(await feed.watch(runId, after));
}

describe("watching a run", () => {
  it("begins with a SNAPSHOT, numbered as the last event that it contains, and goes on from there", async () => {
    const log = await newLog(3);
    const stream = await feed.watch(log.runId, null);
    expect((await stream.next()).value).toMatchObject({ kind: "SNAPSHOT", seq: 3, run: { seq: 3 } });
    await log.append(2);
    await log.finish();
    expect(seqs(await Array.fromAsync(stream))).toEqual([4, 5, 6]);
  });

  it("begins after the cursor's event, which does not come again", async () => {
    const log = await newLog(5);
    const stream = await feed.watch(log.runId, formatCursor(log.runId, 2));
    await log.finish();
    const got = await Array.fromAsync(stream);
    expect(seqs(got)).toEqual([3, 4, 5, 6]);
    expect(got.map(({ kind }) => kind)).toEqual(["LOGGED", "LOGGED", "LOGGED", "RUN_UPDATED"]);
  });

  it("from the very beginning gives every event there ever was, page after page", async () => {
    const log = await newLog(450);
    const watching = all(log.runId, formatCursor(log.runId, 0));
    await log.append(10);
    await log.finish();
    expect(seqs(await watching)).toEqual(upTo(1, 461));
  });

  it("gives one SNAPSHOT of a run that has ended, and completes", async () => {
    const log = await newLog(2);
    await log.finish();
    expect(await all(log.runId)).toMatchObject([{ kind: "SNAPSHOT", seq: 3, run: { status: "SUCCEEDED" } }]);
  });

  it("gives what came after the cursor on a run that has ended, and completes", async () => {
    const log = await newLog(2);
    await log.finish();
    expect(seqs(await all(log.runId, formatCursor(log.runId, 1)))).toEqual([2, 3]);
    expect(await all(log.runId, formatCursor(log.runId, 3))).toEqual([]);
  });

  it("at the last event waits for the next", async () => {
    const log = await newLog(2);
    const stream = await feed.watch(log.runId, formatCursor(log.runId, 2));
    const next = stream.next();
    await log.append();
    expect((await next).value).toMatchObject({ seq: 3 });
    await stream.return?.();
  });

  it("goes on though a wake-up was lost, at the next one", async () => {
    const log = await newLog(1);
    const stream = await feed.watch(log.runId, null);
    await stream.next();
    log.silence();
    await log.append(3);
    wakeUps.wake(log.runId, "events");
    expect([(await stream.next()).value?.seq, (await stream.next()).value?.seq]).toEqual([2, 3]);
    await stream.return?.();
  });

  it("goes on though no wake-up ever comes, within five seconds", async () => {
    const log = await newLog(1);
    log.silence();
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const stream = await feed.watch(log.runId, null);
      await stream.next();
      await log.append();
      const next = stream.next();
      vi.advanceTimersByTime(5_000);
      expect((await next).value).toMatchObject({ seq: 2 });
      await stream.return?.();
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("time in a stream", () => {
  it("never goes back, though a change that began before a draft or a SNAPSHOT is told of after it", async () => {
    const log = await newLog(1);
    const early = await feed.watch(log.runId, null);
    const late = Promise.withResolvers<AsyncIterableIterator<Progress>>();
    const draft = { index: 0, title: "Drafted", description: "", effort: null };
    await changeRunNow(database, { runId: log.runId, statuses: ["RUNNING"] }, async (change) => {
      change.log("INFO", "Begun before");
      while (Date.now() <= change.at.getTime()) await new Promise((resolve) => setImmediate(resolve));
      feed.draft({ runId: log.runId, item: itemRow(), seq: 1, draft });
      late.resolve(await feed.watch(log.runId, null));
      feed.draft({ runId: log.runId, item: itemRow(), seq: 1, draft });
    });
    await log.finish();
    const [all, part] = await Promise.all([Array.fromAsync(early), Array.fromAsync(await late.promise)]);
    expect(all.map(({ kind }) => kind)).toEqual(["SNAPSHOT", "DRAFTED", "DRAFTED", "LOGGED", "RUN_UPDATED"]);
    expect(part.map(({ kind }) => kind)).toEqual(["SNAPSHOT", "DRAFTED", "LOGGED", "RUN_UPDATED"]);
    for (const stream of [all, part]) {
      const times = stream.map(({ at }) => at.getTime());
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
  });
});

describe("a watch that cannot be", () => {
  it("is NOT_FOUND for a run that is not there", async () => {
    await expect(feed.watch("01900000-0000-7000-8000-000000000000", null)).rejects.toEqual(code("NOT_FOUND"));
  });

  it("is BAD_CURSOR for garbage, another run's cursor, and one of the future", async () => {
    const [log, other] = [await newLog(3), await newLog(3)];
    for (const cursor of ["", "garbage", "12", formatCursor(other.runId, 1), formatCursor(log.runId, 4)])
      await expect(feed.watch(log.runId, cursor)).rejects.toEqual(code("BAD_CURSOR"));
  });

  it("is CURSOR_EXPIRED where the events after the cursor are gone", async () => {
    const log = await newLog(10);
    await database.prisma.runEvent.deleteMany({ where: { runId: log.runId, seq: { lte: 5 } } });
    for (const seq of [0, 4])
      await expect(feed.watch(log.runId, formatCursor(log.runId, seq))).rejects.toEqual(code("CURSOR_EXPIRED"));
    const stream = await feed.watch(log.runId, formatCursor(log.runId, 5));
    await log.finish();
    expect(seqs(await Array.fromAsync(stream))).toEqual([6, 7, 8, 9, 10, 11]);
  });

  it("is CURSOR_EXPIRED out of the stream where they go while it reads", async () => {
    const log = await newLog(2_000);
    const stream = await feed.watch(log.runId, formatCursor(log.runId, 0));
    expect((await stream.next()).value).toMatchObject({ seq: 1 });
    await database.prisma.runEvent.deleteMany({ where: { runId: log.runId, seq: { gt: 1_500, lte: 1_600 } } });
    await expect(Array.fromAsync(stream)).rejects.toEqual(code("CURSOR_EXPIRED"));
  });
});

describe("watching a run that has ended", () => {
  it("is CURSOR_EXPIRED out of the stream where all that is left goes while it reads", async () => {
    const log = await newLog(2_000);
    await log.finish();
    const stream = await feed.watch(log.runId, formatCursor(log.runId, 0));
    expect((await stream.next()).value).toMatchObject({ seq: 1 });
    await database.prisma.runEvent.deleteMany({ where: { runId: log.runId, seq: { gt: 1_500 } } });
    await expect(Array.fromAsync(stream)).rejects.toEqual(code("CURSOR_EXPIRED"));
  });
});

describe("many watchers", () => {
  it("get every event once and in order, whenever they come", async () => {
    const log = await newLog(1);
    const watching: Promise<{ first: number; got: Progress[] }>[] = [];
    const join = (after: number | null) => {
      watching.push(
        (async () => {
          const got = await all(log.runId, after === null ? null : formatCursor(log.runId, after));
          return { first: after === null ? (got[0]?.seq ?? 0) : after + 1, got };
        })(),
      );
    };
    let last = 1;
    for (let i = 0; i < 50; i += 1) {
      // From the beginning, from somewhere in the middle, or from now on.
      join([0, Math.floor(Math.random() * last), null][i % 3] ?? null);
      const count = 1 + Math.floor(Math.random() * 30);
      await log.append(count);
      last += count;
    }
    await log.finish();
    for (const { first, got } of await Promise.all(watching)) expect(seqs(got)).toEqual(upTo(first, last + 1));
  });

  it("share one reader: what is new is read once, not once for each", async () => {
    const log = await newLog(1);
    const streams = await Promise.all(Array.from({ length: 30 }, () => feed.watch(log.runId, null)));
    await Promise.all(streams.map((stream) => stream.next()));
    expect(feed.watchedRuns).toBe(1);
    let reads = 0;
    const count = () => (reads += 1);
    database.pool.on("acquire", count);
    const next = streams.map((stream) => stream.next());
    await log.append();
    for (const { value } of await Promise.all(next)) expect(value).toMatchObject({ seq: 2 });
    database.pool.off("acquire", count);
    // The transaction that appends, the read of what is new, and at most a few that were under way.
    expect(reads).toBeLessThan(10);
    for (const stream of streams) await stream.return?.();
  });

  it("are not disturbed by one that stalls: that one ends with CONSUMER_TOO_SLOW", async () => {
    const log = await newLog(1);
    const stalled = await feed.watch(log.runId, null);
    const quick = all(log.runId);
    for (let i = 0; i < 11; i += 1) await log.append(100);
    await log.finish();
    expect(seqs(await quick)).toEqual(upTo(1, 1_102));
    await expect(stalled.next()).rejects.toEqual(code("CONSUMER_TOO_SLOW"));
    expect(await stalled.next()).toEqual({ value: undefined, done: true });
  });

  it("that stall while they catch up are waited for, in bounded memory", async () => {
    const log = await newLog(3_000);
    const stream = await feed.watch(log.runId, formatCursor(log.runId, 0));
    await log.finish();
    const got = await Array.fromAsync(stream);
    expect(seqs(got)).toEqual(upTo(1, 3_001));
  });

  it("that stall while they catch up hold a few pages together, are ended, and keep nobody out", async () => {
    const log = await newLog(450);
    const pages = { count: 3, timeMs: 200 };
    const own = createFeed({ database, wakeUps, onError: (error) => errors.push(error), pages });
    const start = formatCursor(log.runId, 0);
    const stalled = await Promise.all(Array.from({ length: 12 }, () => own.watch(log.runId, start)));
    await expect.poll(() => own.waiting).toBe(3 * 200);
    const reader = await own.watch(log.runId, start);
    const got: number[] = [];
    let most = 0;
    for (let i = 0; i < 450; i += 1) {
      got.push((await reader.next()).value?.seq ?? 0);
      most = Math.max(most, own.waiting);
    }
    expect(got).toEqual(upTo(1, 450));
    expect(most).toBeLessThanOrEqual(3 * 200);
    await reader.return?.();
    await expect.poll(() => own.watchedRuns).toBe(0);
    expect(own.waiting).toBe(0);
    for (const stream of stalled) await expect(stream.next()).rejects.toEqual(code("CONSUMER_TOO_SLOW"));
  });

  it("are all ended when the feed is closed, those that catch up too", async () => {
    const log = await newLog(2_000);
    const own = createFeed({ database, wakeUps, onError: (error) => errors.push(error) });
    const live = await own.watch(log.runId, null);
    const behind = await own.watch(log.runId, formatCursor(log.runId, 0));
    await Promise.all([live.next(), behind.next()]);
    own.close();
    expect(await live.next()).toEqual({ value: undefined, done: true });
    await Array.fromAsync(behind);
    expect(own.watchedRuns).toBe(0);
  });
});

describe("when the last watcher leaves", () => {
  it("nothing is left, however it leaves", async () => {
    const log = await newLog(1);
    const live = await feed.watch(log.runId, null);
    const waiting = (await feed.watch(log.runId, null)).next();
    expect((await waiting).value).toMatchObject({ kind: "SNAPSHOT" });
    const quiet = await feed.watch(log.runId, formatCursor(log.runId, 1));
    const pending = quiet.next();
    expect(feed.watchedRuns).toBe(1);
    for await (const progress of live) if (progress.kind === "SNAPSHOT") break;
    await quiet.return?.();
    expect(await pending).toEqual({ value: undefined, done: true });
    expect(feed.watchedRuns).toBe(1);
    await log.finish();
    await expect.poll(() => feed.watchedRuns, { interval: 5 }).toBe(0);
  });

  it("nothing is left of one that is ahead of its catching up, either", async () => {
    const log = await newLog(5_000);
    const stream = await feed.watch(log.runId, formatCursor(log.runId, 0));
    await stream.next();
    await stream.return?.();
    expect(feed.watchedRuns).toBe(0);
  });
});

describe("a run that is deleted", () => {
  it("ends its watchers with NOT_FOUND, live ones and those that catch up", async () => {
    const log = await newLog(3_000);
    const live = await feed.watch(log.runId, null);
    await live.next();
    const behind = await feed.watch(log.runId, formatCursor(log.runId, 0));
    await behind.next();
    await database.prisma.project.delete({ where: { id: log.projectId } });
    wakeUps.wake(log.runId, "control");
    await expect(live.next()).rejects.toEqual(code("NOT_FOUND"));
    await expect(Array.fromAsync(behind)).rejects.toEqual(code("NOT_FOUND"));
  });

  it("is NOT_FOUND, not an expired cursor, for who comes back just as it goes", async () => {
    const log = await newLog(3);
    const prisma = database.prisma.$extends({
      query: {
        runEvent: {
          async count({ args, query }) {
            await database.prisma.project.deleteMany({ where: { id: log.projectId } });
            return query(args);
          },
        },
      },
    }) as unknown as Database["prisma"];
    const onError = (error: unknown) => errors.push(error);
    const going = createFeed({ database: { ...database, prisma }, wakeUps, onError });
    await expect(going.watch(log.runId, formatCursor(log.runId, 1))).rejects.toEqual(code("NOT_FOUND"));
  });
});
