import type { Logger } from "pino";
import { fromPrisma, PgBoss } from "pg-boss";
import type { Transaction } from "../database/database.ts";

// pg-boss hands runs to workers: a job is a lease and a wake-up, never the truth, which is in our own tables. Its defaults
// recover slowly; with these a worker that was killed is replaced in 11 s (docs/decisions/queue.md).

const QUEUE = "runs";
/** A job that shows no life for this long is given to another worker; the least that pg-boss takes. */
const HEARTBEAT_SECONDS = 10;
/** Jobs that are over are looked for this often, to be deleted. */
const MAINTENANCE_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

/** An execution gives its run back well within this. */
const STOP_MS = 6_000;

export interface RunQueue {
  /** Gives a run to the workers, in the transaction that makes it. A run that is with them already stays so. */
  enqueue(tx: Transaction, runIds: readonly string[]): Promise<void>;
  /** Takes up runs with `handle`, up to `concurrency` at once; what it rejects is handed out again. */
  work(concurrency: number, handle: (runId: string, signal: AbortSignal) => Promise<void>): Promise<void>;
  /** Takes jobs away from workers that show no life, so that others are handed them; cleans up, now and then. */
  supervise(): Promise<void>;
  /** Lets up to `count` idle workers of this process look for a job: of one that was given back they are not told. */
  look(count: number): void;
  /** @throws where the queue cannot be reached */
  check(): Promise<void>;
  /** Hands out no more, and waits a few seconds for jobs under way. */
  close(): Promise<void>;
}

/**
 * Connects to the queue, making or upgrading its tables (schema `pgboss`) first.
 * @param options.works whether this process takes up runs; one that only makes them holds no listening connection
 * @param options.historyDays how long jobs that are over are kept
 */
export async function createRunQueue(options: {
  url: string;
  works: boolean;
  historyDays: number;
  log: Logger;
}): Promise<RunQueue> {
  const boss = new PgBoss({
    connectionString: options.url,
    application_name: "storymill queue",
    max: 4,
    useListenNotify: options.works,
    schedule: false,
    // `supervise` is called by the worker: often while a run is active, seldom when none is.
    supervise: false,
    monitorIntervalSeconds: 1,
    registerInstance: false,
    monitorVacuum: false,
    maintenanceIntervalSeconds: MAINTENANCE_SECONDS,
  });
  boss.on("error", (error) => options.log.warn({ err: error }, "the queue met an error and goes on"));
  await boss.start();
  await boss.createQueue(QUEUE, {
    policy: "exclusive",
    notify: true,
    heartbeatSeconds: HEARTBEAT_SECONDS,
    // The longest that pg-boss takes; each lost heartbeat costs a retry, and no number of them may strand a run.
    expireInSeconds: 86_399,
    retryLimit: 2_147_483_647,
    retryDelay: 0,
    retryBackoff: false,
  });
  // Not with the others: a queue that is there already is left as it is made.
  await boss.updateQueue(QUEUE, { deleteAfterSeconds: options.historyDays * DAY_SECONDS });
  return {
    async enqueue(tx, runIds) {
      const jobs = runIds.map((runId) => ({ data: { runId }, singletonKey: runId }));
      if (jobs.length > 0) await boss.insert(QUEUE, jobs, { db: fromPrisma(tx) });
    },
    async work(concurrency, handle) {
      await boss.work<{ runId: string }>(
        QUEUE,
        {
          localConcurrency: concurrency,
          batchSize: 1,
          // Of a new job they are told; `look` sees to those that were taken away from others.
          pollingIntervalSeconds: 2,
          notifyPollingIntervalSeconds: 30,
          heartbeatRefreshSeconds: 1,
        },
        async ([job]) => {
          if (job !== undefined) await handle(job.data.runId, job.signal);
        },
      );
    },
    async supervise() {
      await boss.supervise(QUEUE);
    },
    look(count) {
      const idle = boss.getWipData().filter((worker) => worker.count === 0);
      for (const { id } of idle.slice(0, count)) boss.notifyWorker(id);
    },
    async check() {
      await boss.schemaVersion();
    },
    async close() {
      await boss.stop({ graceful: true, timeout: STOP_MS, close: true });
    },
  };
}
