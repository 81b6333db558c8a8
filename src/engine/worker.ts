import { setTimeout as delay } from "node:timers/promises";
import { isPassing } from "../database/passing-error.ts";
import { type ExecutionParts, executeRun } from "./executor/execute-run.ts";
import { finishRun } from "./finish-run.ts";
import { kindOf } from "./kinds/registry.ts";
import type { RunQueue } from "./queue.ts";
import { ACTIVE, changeRunNow, type RunChange, UNFINISHED } from "./run-change.ts";

/** Runs that one process drives at once: they mostly wait for the provider. */
const CONCURRENCY = 8;
/** While a run is active, runs that nobody works on are looked for this often; else the database is left in peace. */
const BUSY_MS = 1_000;
const IDLE_MS = 5_000;
/** Without an active run the queue is only cleaned. */
const IDLE_SUPERVISION_MS = 60_000;
/** An executor is heard of each 5 s at least; one that was not for this long may have died. */
const SILENT_MS = 7_000;

export interface Worker {
  /** Takes up no more; runs under way are given back for the next start. */
  close(): Promise<void>;
}

/** Begins to take up runs of this program's kinds, also those that an earlier process left behind. */
export async function startWorker(parts: ExecutionParts & { queue: RunQueue }): Promise<Worker> {
  const { database, queue, kinds, log } = parts;
  const stopping = new AbortController();
  const types = Object.keys(kinds) as (keyof typeof kinds)[];

  /** Runs that this process works on. */
  const held = new Set<string>();
  let supervisedAt = 0;

  /**
   * Sees to it that somebody works on every active run. One that waits, or whose executor is silent, is given a job where it
   * has none (a run never depends on a job's life), and a job whose worker died is taken away from it.
   * @returns whether any run is active
   */
  async function tend(): Promise<boolean> {
    const runs = await database.prisma.run.findMany({
      where: { status: { in: [...ACTIVE] }, type: { in: types } },
      select: { id: true, status: true, heartbeatAt: true },
    });
    const silentSince = Date.now() - SILENT_MS;
    const waiting = runs.filter(
      ({ status, heartbeatAt }) => status === "QUEUED" || (heartbeatAt?.getTime() ?? 0) < silentSince,
    );
    await queue.enqueue(
      database.prisma,
      waiting.map(({ id }) => id),
    );
    const supervises = waiting.length > 0 || Date.now() - supervisedAt > IDLE_SUPERVISION_MS;
    if (supervises) {
      supervisedAt = Date.now();
      await queue.supervise();
    }
    // Others hold them, as a rule; one of them may have been given back. And what was taken away just now may be of a run
    // that was cancelled after its worker had died: nobody waits for it, but somebody must end it.
    const elsewhere = runs.filter(({ id }) => !held.has(id)).length;
    if (elsewhere > 0 || supervises) queue.look(Math.max(1, waiting.length));
    return runs.length > 0;
  }

  /** Tends until the worker stops. */
  async function keepTending(): Promise<void> {
    while (!stopping.signal.aborted) {
      const busy = await tend().catch((error: unknown) => {
        log.warn({ err: error }, "could not look for runs that nobody works on");
        return true;
      });
      await delay(busy ? BUSY_MS : IDLE_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  async function handle(runId: string, jobSignal: AbortSignal): Promise<void> {
    const stop = AbortSignal.any([stopping.signal, jobSignal]);
    held.add(runId);
    const ended = await executeRun(parts, runId, stop)
      .catch(async (error: unknown) => {
        if (isPassing(error)) throw error;
        log.error({ err: error, runId }, "the execution of a run broke");
        await failRun(runId);
        return "over" as const;
      })
      .finally(() => held.delete(runId));
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

  await queue.work(CONCURRENCY, handle);
  const tending = keepTending();
  return {
    async close() {
      stopping.abort(new Error("The server stops."));
      await tending;
    },
  };
}
