import type { RunRecord, Stored } from "../history.ts";

/** A set that a run says it has saved. */
export interface Completion {
  readonly run: RunRecord;
  readonly itemId: string;
  /** The story that was split, or the epic that was filled. */
  readonly targetId: string;
  /** What was saved, and what it replaced. */
  readonly ids: readonly string[];
  readonly createdCount: number;
  readonly deletedCount: number;
  readonly at: number;
  /** When the attempt began that led to it. */
  readonly begunAt: number;
}

/** All sets that runs of a type have saved, by what they are for, in the order in which they were. */
export function completionsOf(
  stored: Pick<Stored, "runs" | "events">,
  type: RunRecord["type"],
): Map<string, Completion[]> {
  const runs = new Map(stored.runs.filter((run) => run.type === type).map((run) => [run.id, run]));
  const begun = new Map<string, number>();
  const completions: Completion[] = [];
  for (const { runId, at, item, subtaskIds, storyIds } of stored.events) {
    const run = runs.get(runId);
    if (run === undefined || item === null) continue;
    if (item.status === "GENERATING") begun.set(item.id, at);
    if (item.status !== "COMPLETED") continue;
    completions.push({
      run,
      itemId: item.id,
      targetId: (type === "GENERATE_SUBTASKS" ? item.storyId : item.epicId) ?? "",
      ids: type === "GENERATE_SUBTASKS" ? subtaskIds : storyIds,
      createdCount: item.createdCount,
      deletedCount: item.deletedCount,
      at,
      begunAt: begun.get(item.id) ?? at,
    });
  }
  // Runs of a type do not overlap in a project, and have an item once.
  return Map.groupBy(
    completions.toSorted((a, b) => a.at - b.at),
    ({ targetId }) => targetId,
  );
}
