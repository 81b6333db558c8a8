import { z } from "zod";
import type { Database } from "../database/database.ts";
import type { Story } from "../database/generated/prisma/client.ts";
import { lockEpics, lockProject, lockStoriesFrom } from "./locks.ts";
import { closeGap, endPosition, movePosition, openGap } from "./positions.ts";
import { findStory } from "./stories.ts";
import { parseInput, position } from "./texts.ts";

const moveStoryInput = z.object({ id: z.string(), epicId: z.string().nullish(), position });

export type MoveStoryInput = z.input<typeof moveStoryInput>;

/**
 * Puts a story at a position among those of its epic, or of another epic of the same project; a position past the end is
 * the end. Its code stays.
 * @throws NotFoundError where the story is gone, or the epic is none of its project
 * @throws InvalidInputError
 */
export async function moveStory(database: Database, input: MoveStoryInput): Promise<Story> {
  const { id, position, ...wanted } = parseInput(moveStoryInput, input);
  return database.transaction(async (tx) => {
    const { projectId } = await findStory(tx, id);
    await lockProject(tx, projectId);
    const story = await findStory(tx, id);
    const epicId = wanted.epicId ?? story.epicId;
    await lockEpics(tx, projectId, [story.epicId, epicId]);
    const count = await endPosition(tx, "Story", epicId);
    if (epicId === story.epicId) {
      const to = Math.min(position, count - 1);
      await lockStoriesFrom(tx, [{ epicId, from: Math.min(story.position, to) }]);
      await movePosition(tx, "Story", { id, parentId: epicId, from: story.position, to });
      return { ...story, position: to };
    }
    const to = Math.min(position, count);
    await lockStoriesFrom(tx, [
      { epicId: story.epicId, from: story.position },
      { epicId, from: to },
    ]);
    await closeGap(tx, "Story", story.epicId, story.position);
    await openGap(tx, "Story", epicId, to);
    // Raw SQL, because a move is no edit: `updatedAt` stays.
    await tx.$executeRaw`
      UPDATE "Story" SET "epicId" = ${epicId}::uuid, position = ${to}::int WHERE id = ${id}::uuid`;
    return { ...story, epicId, position: to };
  });
}
