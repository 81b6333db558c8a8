import type { Logger } from "pino";
import type { RunRow } from "../pubsub/run-events.ts";
import type { EngineObserver } from "./observer.ts";

/** Writes the life of runs into the program's log, a line when one begins and one when it ends, and tells `next` everything. */
export function createRunJournal(log: Pick<Logger, "info">, next: EngineObserver): EngineObserver {
  return {
    ...next,
    runStarted(run) {
      const { mode, existingBehavior, pacing, model, totalItems } = run;
      log.info({ ...idsOf(run), mode, existingBehavior, pacing, model, items: totalItems }, "a run started");
      next.runStarted(run);
    },
    runTakenOver(run) {
      log.info({ ...idsOf(run), lease: run.lease }, "a run was taken over from a worker that stopped");
      next.runTakenOver(run);
    },
    runEnded(run) {
      log.info({ ...idsOf(run), ...resultOf(run) }, "a run ended");
      next.runEnded(run);
    },
  };
}

function idsOf({ id, projectId, type }: RunRow) {
  return { runId: id, projectId, type };
}

/** Its outcome in figures: durations in milliseconds, from its start, if there was one. */
function resultOf(run: RunRow) {
  const { status, totalItems, completedItems, failedItems, skippedItems, cancelledItems, createdCount } = run;
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costUsd, startedAt, completedAt } = run;
  return {
    status,
    items: {
      total: totalItems,
      completed: completedItems,
      failed: failedItems,
      skipped: skippedItems,
      cancelled: cancelledItems,
    },
    created: createdCount,
    durationMs: startedAt === null || completedAt === null ? null : completedAt.getTime() - startedAt.getTime(),
    tokens: {
      input: inputTokens,
      output: outputTokens,
      cacheRead: cacheReadTokens,
      cacheWrite: cacheWriteTokens,
    },
    costUsd,
  };
}
