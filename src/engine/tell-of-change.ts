import { hasEnded, type RunRow } from "../pubsub/run-events.ts";
import type { EndedItems, EngineObserver } from "./observer.ts";

/** Tells an observer what one committed change did to a run: one `itemsEnded` for each way in which items of it ended. */
export function tellOfChange(
  observer: EngineObserver,
  change: {
    readonly before: RunRow;
    readonly after: RunRow;
    /** Items that ended, one by one or many at once; a duration where one was worked on. */
    readonly ended: readonly {
      readonly outcome: EndedItems["outcome"];
      readonly count: number;
      readonly durationMs: number | null;
    }[];
  },
): void {
  const { before, after, ended } = change;
  const appended = after.seq - before.seq;
  if (appended > 0) observer.eventsAppended(appended);
  if (before.status === "QUEUED" && after.status === "RUNNING") observer.runStarted(after);
  else if (before.status === "RUNNING" && after.lease > before.lease) observer.runTakenOver(after);
  for (const [outcome, items] of Map.groupBy(ended, (item) => item.outcome)) {
    const count = items.reduce((sum, item) => sum + item.count, 0);
    const durationsMs = items.map(({ durationMs }) => durationMs).filter((ms) => ms !== null);
    if (count > 0) observer.itemsEnded({ type: after.type, outcome, count, durationsMs });
  }
  if (!hasEnded(before) && hasEnded(after)) observer.runEnded(after);
}
