import { expect } from "vitest";
import type { Progress } from "./client.ts";

/**
 * Checks a run's events from its first on: numbered without gaps, never back in time, the last one and no other terminal,
 * and after each of them the run's counters equal what counting the items gives. For runs of whose stories none was
 * deleted: a deletion is told by one event for many items.
 */
export function checkHistory(history: readonly Progress[]): void {
  const items = new Map<string, NonNullable<Progress["item"]>>();
  const count = (status: string) => [...items.values()].filter((item) => item.status === status).length;
  expect(history.map(({ seq }) => seq)).toEqual(history.map((_, index) => index + 1));
  checkClock(history);
  expect(history.findIndex(({ run }) => hasEnded(run.status))).toBe(history.length - 1);
  for (const { seq, run, item } of history) {
    if (item) items.set(item.id, item);
    const completed = [...items.values()].filter(({ status }) => status === "COMPLETED");
    const counted = {
      completedItems: completed.length,
      failedItems: count("FAILED"),
      skippedItems: count("SKIPPED"),
      createdCount: completed.reduce((sum, { createdCount }) => sum + createdCount, 0),
    };
    const ended = counted.completedItems + counted.failedItems + counted.skippedItems;
    const cancelledItems = hasEnded(run.status) ? run.totalItems - ended : 0;
    const progress = Math.floor((100 * (ended + cancelledItems)) / run.totalItems);
    const { completedItems, failedItems, skippedItems, createdCount } = run;
    expect({
      seq,
      completedItems,
      failedItems,
      skippedItems,
      createdCount,
      cancelledItems: run.cancelledItems,
      progress: run.progress,
    }).toEqual({ seq, ...counted, cancelledItems, progress });
  }
}

/** Checks that time, and the clock of the run, never go back in a stream, drafts and SNAPSHOT included. */
export function checkClock(stream: readonly Progress[]): void {
  for (const times of [stream.map(({ at }) => Date.parse(at)), stream.map(({ run }) => run.elapsedMs)])
    expect(times).toEqual(times.toSorted((a, b) => a - b));
}

export function hasEnded(status: string): boolean {
  return ["SUCCEEDED", "PARTIAL", "FAILED", "CANCELLED"].includes(status);
}
