import { randomUUIDv7 } from "node:crypto";
import type { Transaction } from "../database/database.ts";
import type { Effort, Subtask, SubtaskDependency } from "../database/generated/prisma/client.ts";
import { coverageOf, mapCriteria } from "./criteria-coverage.ts";
import { insertRows } from "./insert-rows.ts";
import { closeGaps, endPositions } from "./positions.ts";
import { REPLACEABLE } from "./replaceable.ts";

/** A subtask of a set that has been checked. */
export interface GeneratedSubtask {
  readonly title: string;
  readonly description: string;
  readonly effort: Effort;
  readonly acceptanceCriteria: readonly string[];
  /** Places in the same set, without a cycle. */
  readonly dependsOn: readonly number[];
  readonly coversCriteria: readonly number[];
}

/** What one story gets from a run. */
export interface SubtasksToSave {
  readonly storyId: string;
  readonly runId: string;
  /** Whether the story's replaceable subtasks go; an empty set replaces nothing. */
  readonly replace: boolean;
  readonly subtasks: readonly GeneratedSubtask[];
  /** The story's criteria as the generator was told them, where they may have been edited since. */
  readonly storyCriteria?: readonly string[];
}

export interface SavedSubtasks {
  /** In the order of the set. */
  readonly createdIds: string[];
  readonly deletedCount: number;
}

/**
 * Saves sets of subtasks, each story once, after what is there; codes go on from the story's counter. What a subtask
 * covers follows criteria that were edited meanwhile, and drops out where they are gone. Six statements at most, however
 * many stories. By story id; null for a story that is gone, for which nothing was saved.
 */
export async function saveGeneratedSubtasks(
  tx: Transaction,
  sets: readonly SubtasksToSave[],
): Promise<Map<string, SavedSubtasks | null>> {
  const stories = await lockAndCount(tx, sets);
  const replacing = sets.filter(
    ({ storyId, replace, subtasks }) => replace && subtasks.length > 0 && stories.has(storyId),
  );
  const deleted = await deleteReplaceable(
    tx,
    replacing.map((set) => set.storyId),
  );
  if (deleted.size > 0) await closeGaps(tx, "Subtask", [...deleted.keys()]);
  const counts = await endPositions(tx, "Subtask", [...stories.keys()]);

  const saved = new Map<string, SavedSubtasks | null>();
  const subtasks: Subtask[] = [];
  const dependencies: SubtaskDependency[] = [];
  const now = new Date();
  for (const set of sets) {
    const story = stories.get(set.storyId);
    if (story === undefined) {
      saved.set(set.storyId, null);
      continue;
    }
    const { storyId, runId } = set;
    const { projectId } = story;
    const ids = set.subtasks.map(() => randomUUIDv7());
    const firstNumber = story.lastSubtaskNumber - ids.length + 1;
    const firstPosition = counts.get(storyId) ?? 0;
    const places = mapCriteria(set.storyCriteria ?? story.acceptanceCriteria, story.acceptanceCriteria);
    for (const [index, { dependsOn, coversCriteria, ...content }] of set.subtasks.entries()) {
      const id = idAt(ids, index);
      subtasks.push({
        id,
        projectId,
        storyId,
        number: firstNumber + index,
        title: content.title,
        description: content.description,
        effort: content.effort,
        acceptanceCriteria: [...content.acceptanceCriteria],
        coversCriteria: coverageOf(coversCriteria.flatMap((criterion) => places[criterion] ?? [])),
        status: "TODO",
        origin: "GENERATED",
        position: firstPosition + index,
        runId,
        editedAt: null,
        createdAt: now,
        updatedAt: now,
      });
      for (const before of new Set(dependsOn))
        dependencies.push({ projectId, storyId, subtaskId: id, dependsOnId: idAt(ids, before) });
    }
    saved.set(storyId, { createdIds: ids, deletedCount: deleted.get(storyId) ?? 0 });
  }
  await insertRows(tx, "Subtask", subtasks);
  await insertRows(tx, "SubtaskDependency", dependencies);
  return saved;
}

interface CountedStory {
  readonly id: string;
  readonly projectId: string;
  readonly acceptanceCriteria: readonly string[];
  readonly lastSubtaskNumber: number;
}

/** Locks the stories in the order of their ids, lets their counters go on by what each set brings, and reads them. */
async function lockAndCount(tx: Transaction, sets: readonly SubtasksToSave[]): Promise<Map<string, CountedStory>> {
  const ids = sets.map((set) => set.storyId);
  const counts = sets.map((set) => set.subtasks.length);
  const rows = await tx.$queryRaw<CountedStory[]>`
    WITH locked AS (
      SELECT id FROM "Story" WHERE id = ANY(${ids}::uuid[]) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE "Story" AS s SET "lastSubtaskNumber" = s."lastSubtaskNumber" + taken.count
    FROM locked JOIN unnest(${ids}::uuid[], ${counts}::int[]) AS taken(id, count) ON taken.id = locked.id
    WHERE s.id = locked.id
    RETURNING s.id, s."projectId", s."acceptanceCriteria", s."lastSubtaskNumber"`;
  return new Map(rows.map((row) => [row.id, row]));
}

/** How many subtasks went, by story. */
async function deleteReplaceable(tx: Transaction, storyIds: readonly string[]): Promise<Map<string, number>> {
  if (storyIds.length === 0) return new Map();
  const rows = await tx.$queryRaw<{ storyId: string; count: number }[]>`
    WITH gone AS (
      DELETE FROM "Subtask" WHERE "storyId" = ANY(${storyIds}::uuid[]) AND ${REPLACEABLE} RETURNING "storyId"
    )
    SELECT "storyId", count(*)::int AS count FROM gone GROUP BY "storyId"`;
  return new Map(rows.map((row) => [row.storyId, row.count]));
}

/** @throws RangeError for a place outside the set, which its check would have found */
function idAt(ids: readonly string[], place: number): string {
  const id = ids[place];
  if (id === undefined) throw new RangeError(`A subtask depends on number ${place} of a set of ${ids.length}.`);
  return id;
}
