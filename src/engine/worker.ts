import { isPassing } from "../database/passing-error.ts";
import { type ExecutionParts, executeRun } from "./executor/execute-run.ts";
import { finishRun } from "./finish-run.ts";
import { kindOf } from "./kinds/registry.ts";
import type { RunQueue } from "./queue.ts";
import { ACTIVE, changeRunNow, type RunChange, UNFINISHED } from "./run-change.ts";

/** Runs that one process drives at once: they mostly wait for the provider. */
const CONCURRENCY = 8;
/** A run whose job was lost waits this long at most. */
const SWEEP_MS = 5_000;

export interface Worker {
  /** Takes up no more; runs under way are given back for the next start. */
  close(): Promise<void>;
}

/** Begins to take up runs of this program's kinds, also those that an earlier process left behind. */
export async function startWorker(parts: ExecutionParts & { queue: RunQueue }): Promise<Worker> {
  const { database, queue, kinds, log } = parts;
  const stopping = new AbortController();
  const types = Object.keys(kinds) as (keyof typeof kinds)[];

  /** Gives every active run a job that has none: a run never depends on a job's life. */
  async function sweep(): Promise<void> {
    const runs = await database.prisma.run.findMany({
      where: { status: { in: [...ACTIVE] }, type: { in: types } },
      select: { id: true },
    });
    if (runs.length > 0)
      await queue.enqueue(
        database.prisma,
        runs.map(({ id }) => id),
      );
  }

  async function handle(runId: string, jobSignal: AbortSignal): Promise<void> {
    const stop = AbortSignal.any([stopping.signal, jobSignal]);
    const ended = await executeRun(parts, runId, stop).catch(async (error: unknown) => {
      if (isPassing(error)) throw error;
      log.error({ err: error, runId }, "the execution of a run broke");
      await failRun(runId);
      return "over" as const;
    });
    // A rejected job is handed out again at once.
    if (ended === "left") throw new Error(`The run ${runId} was given back.`);
  }

  /** A bug must not leave a run that never ends, nor one that is tried forever. */
  async function failRun(runId: string): Promise<void> {
    const fail = async (change: RunChange) => {
      await change.endItems({ statuses: UNFINISHED }, "CANCELLED", null);
      const message = `Something went wrong on the server; its log says more under the run ${runId}. Retry the run.`;
      finishRun(change, kindOf(kinds, change.run).words, message);
    };
    await changeRunNow(database, { runId, statuses: ACTIVE }, fail, parts.observer);
    parts.wakeUps.wake(runId, "control");
  }

  await sweep();
  await queue.work(CONCURRENCY, handle);
  const timer = setInterval(() => {
    sweep().catch((error: unknown) => log.warn({ err: error }, "could not look for runs without a job"));
  }, SWEEP_MS);
  return {
    async close() {
      clearInterval(timer);
      stopping.abort(new Error("The server stops."));
    },
  };
}
