import type { Logger } from "pino";
import type { Database } from "../database/database.ts";
import { type EngineObserver, UNOBSERVED } from "./observer.ts";

/** The history of runs is cleaned at start and this often. */
const INTERVAL_MS = 3_600_000;
/** Runs looked at, and events deleted, by one short transaction. */
const RUNS = 500;
const EVENTS = 1_000;
const DAY_MS = 86_400_000;
/** Of the advisory lock that lets one process clean at a time; any number that nobody else uses. */
export const RETENTION_LOCK = 5_730_241_986;

export interface Retention {
  /** Begins no further batch, and waits for the one under way. */
  close(): Promise<void>;
}

/** How far a pass has come in the runs by their end: all events of those before are gone. */
interface Place {
  readonly completedAt: Date;
  readonly id: string;
}

const BEGINNING: Place = { completedAt: new Date(0), id: "00000000-0000-0000-0000-000000000000" };

/**
 * Deletes the events, log lines among them, of runs that ended more than `historyDays` ago: now, and each hour. The run itself
 * stays as it is. A run's events go in their order, so that what is left of it is without gaps.
 */
export function startRetention(parts: {
  database: Database;
  historyDays: number;
  log: Logger;
  observer?: EngineObserver;
}): Retention {
  const { database, historyDays, log, observer = UNOBSERVED } = parts;
  let closing = false;
  /** Where the next pass begins: a run's end never changes, so that what lies before need not be looked at again. */
  let place = BEGINNING;

  async function clean(): Promise<void> {
    const before = new Date(Date.now() - historyDays * DAY_MS);
    const began = performance.now();
    let events = 0;
    let runs = 0;
    while (!closing) {
      const batch = await cleanBatch(database, place, before);
      // Another process is at it.
      if (batch === null) break;
      events += batch.deleted;
      runs += batch.passed;
      if (batch.deleted > 0) observer.eventsCleaned(batch.deleted);
      if (batch.place === null) break;
      place = batch.place;
    }
    const durationMs = Math.round(performance.now() - began);
    if (events > 0) log.info({ events, runs, durationMs }, "events of runs that ended long ago were deleted");
  }

  let pass = Promise.resolve();
  const cleanNow = () => {
    pass = pass
      .then(clean)
      .catch((err: unknown) => log.warn({ err }, "old events could not be deleted; trying again in an hour"));
  };
  cleanNow();
  const timer = setInterval(cleanNow, INTERVAL_MS).unref();
  return {
    async close() {
      closing = true;
      clearInterval(timer);
      await pass;
    },
  };
}

/**
 * One transaction of a pass: the runs that follow `place` and ended before `before`, or as many of their events as go at once.
 * `place` is where to go on, null at the end.
 * @returns null where another process cleans
 */
async function cleanBatch(
  database: Database,
  place: Place,
  before: Date,
): Promise<{ deleted: number; passed: number; place: Place | null } | null> {
  return await database.transaction(async (tx) => {
    const [lock] = await tx.$queryRaw<
      { held: boolean }[]
    >`SELECT pg_try_advisory_xact_lock(${RETENTION_LOCK}::bigint) AS held`;
    if (lock?.held !== true) return null;
    const runs = await tx.$queryRaw<{ id: string; completedAt: Date }[]>`SELECT id, "completedAt" FROM "Run"
      WHERE "completedAt" < ${before} AND ("completedAt", id) > (${place.completedAt}, ${place.id}::uuid)
      ORDER BY "completedAt", id LIMIT ${RUNS}`;
    const last = runs.at(-1);
    if (last === undefined) return { deleted: 0, passed: 0, place: null };
    const ids = runs.map(({ id }) => id);
    const deleted = await tx.$executeRaw`DELETE FROM "RunEvent" WHERE ("runId", seq) IN
      (SELECT "runId", seq FROM "RunEvent" WHERE "runId" = ANY(${ids}::uuid[]) ORDER BY "runId", seq LIMIT ${EVENTS})`;
    // A full batch may have left some of them: they are looked at once more.
    return deleted === EVENTS ? { deleted, passed: 0, place } : { deleted, passed: runs.length, place: last };
  });
}
