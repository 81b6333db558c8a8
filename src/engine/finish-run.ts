import type { RunRow } from "../pubsub/run-events.ts";
import type { RunChange } from "./run-change.ts";
import type { RunKind } from "./kinds/run-kind.ts";

/**
 * Ends a run all of whose items have ended: SUCCEEDED where every item was completed or skipped, PARTIAL where some were
 * completed and others failed or were not reached, else FAILED. Its event is the run's last.
 * @param error what ended the run before its items were done
 */
export function finishRun(change: RunChange, words: RunKind["words"], error: string | null): void {
  const { run } = change;
  const status =
    run.failedItems + run.cancelledItems === 0 ? "SUCCEEDED" : run.completedItems > 0 ? "PARTIAL" : "FAILED";
  change.update({
    status,
    phase: status === "FAILED" ? "FAILED" : "COMPLETED",
    phaseDetail: summary(run, words),
    error,
    completedAt: change.at,
  });
}

function summary(run: RunRow, words: RunKind["words"]): string {
  const parts = [
    `${run.completedItems} of ${run.totalItems} ${run.totalItems === 1 ? words.item : words.items} done, ${run.createdCount} ${words.created} made`,
    run.skippedItems > 0 ? `${run.skippedItems} skipped` : "",
    run.failedItems > 0 ? `${run.failedItems} failed` : "",
    run.cancelledItems > 0 ? `${run.cancelledItems} not reached` : "",
  ];
  return `${parts.filter((part) => part !== "").join("; ")}.`;
}
