import type { Transaction } from "../database/database.ts";
import type { Effort, Priority } from "../database/generated/prisma/client.ts";
import { REPLACEABLE } from "./replaceable.ts";

/** What all stories of a run are split with. */
export interface RunContext {
  readonly project: { readonly name: string; readonly description: string | null; readonly context: string | null };
  readonly epic: { readonly title: string; readonly description: string | null };
  /** Of all stories of the epic, in order. */
  readonly storyTitles: readonly string[];
}

/** What one story is split by. */
export interface StoryToSplit {
  readonly title: string;
  readonly persona: string | null;
  readonly narrative: string | null;
  readonly description: string | null;
  readonly acceptanceCriteria: readonly string[];
  readonly priority: Priority | null;
  readonly effort: Effort | null;
  /** How many subtasks it has now. */
  readonly subtaskCount: number;
  /** Those that stay beside new ones, in order. */
  readonly existingSubtasks: readonly { readonly title: string; readonly description: string }[];
}

/** The epic with its project and the titles of its stories; null where it is gone. */
export async function readRunContext(tx: Transaction, epicId: string): Promise<RunContext | null> {
  const found = await tx.epic.findUnique({
    where: { id: epicId },
    select: {
      title: true,
      description: true,
      project: { select: { name: true, description: true, context: true } },
      stories: { select: { title: true }, orderBy: [{ position: "asc" }, { id: "asc" }] },
    },
  });
  if (found === null) return null;
  const { project, stories, ...epic } = found;
  return { project, epic, storyTitles: stories.map((story) => story.title) };
}

/**
 * Stories as they are at their turn, in two statements, however many; those that are gone are left out. With `replace`,
 * only what REPLACE keeps is among the subtasks that stay.
 */
export async function readStoriesToSplit(
  tx: Transaction,
  storyIds: readonly string[],
  { replace }: { readonly replace: boolean },
): Promise<Map<string, StoryToSplit>> {
  const stories = await tx.story.findMany({
    where: { id: { in: [...storyIds] } },
    select: {
      id: true,
      title: true,
      persona: true,
      narrative: true,
      description: true,
      acceptanceCriteria: true,
      priority: true,
      effort: true,
    },
  });
  // The texts of what will go are not read: nobody is told them.
  const subtasks = await tx.$queryRaw<{ storyId: string; stays: boolean; title: string; description: string }[]>`
    SELECT "storyId", stays, CASE WHEN stays THEN title ELSE '' END AS title,
      CASE WHEN stays THEN description ELSE '' END AS description
    FROM (
      SELECT *, NOT (${replace}::boolean AND ${REPLACEABLE}) AS stays
      FROM "Subtask" WHERE "storyId" = ANY(${storyIds}::uuid[])
    ) AS subtask
    ORDER BY "storyId", position, id`;
  const byStory = Map.groupBy(subtasks, (subtask) => subtask.storyId);
  return new Map(
    stories.map(({ id, ...story }) => {
      const all = byStory.get(id) ?? [];
      const existingSubtasks = all
        .filter((subtask) => subtask.stays)
        .map(({ title, description }) => ({ title, description }));
      return [id, { ...story, subtaskCount: all.length, existingSubtasks }];
    }),
  );
}
