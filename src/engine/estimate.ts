import type { RunRow } from "../pubsub/run-events.ts";
import { clampInt, MAX_INT } from "../int.ts";
import { PACES } from "./executor/pacer.ts";

type Counters = Pick<RunRow, "totalItems" | "completedItems" | "failedItems" | "skippedItems" | "cancelledItems">;

/** Items in a terminal state. */
export function endedItems(run: Counters): number {
  return run.completedItems + run.failedItems + run.skippedItems + run.cancelledItems;
}

/** Share of items in a terminal state, 0 to 100, rounded down: 100 means all of them. */
export function progressPercent(run: Counters): number {
  return run.totalItems === 0 ? 100 : Math.floor((100 * endedItems(run)) / run.totalItems);
}

/**
 * Milliseconds that the rest of a run will take: items left × the mean duration of those completed ÷ how many may be in
 * flight, or × the spacing of their starts, whichever is longer. Null before the first is completed and after the end, and
 * where the sum of the durations has grown past what is kept, so that it tells no mean.
 */
export function estimateRemainingMs(run: RunRow): number | null {
  if (run.completedAt !== null || run.completedItems === 0) return null;
  if (run.completedDurationMs >= MAX_INT) return null;
  const left = run.totalItems - endedItems(run);
  const meanMs = run.completedDurationMs / run.completedItems;
  return clampInt(Math.round(left * Math.max(meanMs / run.inFlightLimit, PACES[run.pacing].spacingMs)));
}
