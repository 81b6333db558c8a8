import { randomUUIDv7 } from "node:crypto";
import { Prisma, type Transaction } from "../database/database.ts";
import type { Effort, Priority, Story } from "../database/generated/prisma/client.ts";
import { takeNumbers } from "./codes.ts";
import { insertRows } from "./insert-rows.ts";
import { lockEpicsToFill } from "./locks.ts";
import { closeGaps, endPositions } from "./positions.ts";
import { replaceableStories } from "./replaceable.ts";

/** A story of a set that has been checked. */
export interface GeneratedStory {
  readonly title: string;
  readonly persona: string;
  readonly narrative: string;
  readonly description: string;
  readonly acceptanceCriteria: readonly string[];
  readonly priority: Priority;
  readonly effort: Effort;
}

/** What one epic gets from a run. */
export interface StoriesToSave {
  readonly epicId: string;
  readonly runId: string;
  /** Whether the epic's replaceable stories go; an empty set replaces nothing. */
  readonly replace: boolean;
  readonly stories: readonly GeneratedStory[];
}

export interface SavedStories {
  /** In the order of the set. */
  readonly createdIds: string[];
  readonly deletedCount: number;
}

/**
 * Saves sets of stories of a project's epics, each epic once, after what is there; codes go on from the project's counter.
 * Eight statements at most, however many epics. By epic id; null for an epic that is gone, for which nothing was saved.
 */
export async function saveGeneratedStories(
  tx: Transaction,
  sets: readonly StoriesToSave[],
): Promise<Map<string, SavedStories | null>> {
  const replacing = sets.filter(({ replace, stories }) => replace && stories.length > 0);
  const found = await lockEpicsToFill(tx, epicIdsOf(sets), epicIdsOf(replacing));
  const deleted = await deleteReplaceable(tx, replacing);
  if (deleted.size > 0) await closeGaps(tx, "Story", [...deleted.keys()]);
  const counts = await endPositions(tx, "Story", [...found.values()].flat());

  const saved = new Map<string, SavedStories | null>(sets.map(({ epicId }) => [epicId, null]));
  const rows: Story[] = [];
  const now = new Date();
  for (const [projectId, epicIds] of found) {
    const ours = sets.filter(({ epicId }) => epicIds.includes(epicId));
    const total = ours.reduce((sum, { stories }) => sum + stories.length, 0);
    let number = await takeNumbers(tx, "S", projectId, total);
    for (const { epicId, runId, stories } of ours) {
      const firstPosition = counts.get(epicId) ?? 0;
      const made = stories.map(({ acceptanceCriteria, ...content }, index): Story => ({
        id: randomUUIDv7(),
        projectId,
        epicId,
        number: number++,
        title: content.title,
        persona: content.persona,
        narrative: content.narrative,
        description: content.description,
        acceptanceCriteria: [...acceptanceCriteria],
        priority: content.priority,
        effort: content.effort,
        position: firstPosition + index,
        origin: "GENERATED",
        runId,
        editedAt: null,
        lastSubtaskNumber: 0,
        createdAt: now,
        updatedAt: now,
      }));
      rows.push(...made);
      saved.set(epicId, { createdIds: made.map(({ id }) => id), deletedCount: deleted.get(epicId) ?? 0 });
    }
  }
  await insertRows(tx, "Story", rows);
  return saved;
}

/** How many stories went, by epic. */
async function deleteReplaceable(tx: Transaction, sets: readonly StoriesToSave[]): Promise<Map<string, number>> {
  if (sets.length === 0) return new Map();
  const runIds = sets.map(({ runId }) => runId);
  const rows = await tx.$queryRaw<{ epicId: string; count: number }[]>`
    WITH gone AS (
      DELETE FROM "Story" USING unnest(${epicIdsOf(sets)}::uuid[], ${runIds}::uuid[]) AS replacing(epic, run)
      WHERE "epicId" = replacing.epic AND ${replaceableStories(Prisma.sql`replacing.run`)} RETURNING "epicId"
    )
    SELECT "epicId", count(*)::int AS count FROM gone GROUP BY "epicId"`;
  return new Map(rows.map((row) => [row.epicId, row.count]));
}

function epicIdsOf(sets: readonly StoriesToSave[]): string[] {
  return sets.map(({ epicId }) => epicId);
}
