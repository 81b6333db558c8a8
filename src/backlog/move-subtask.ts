import { z } from "zod";
import type { Database } from "../database/database.ts";
import type { Subtask } from "../database/generated/prisma/client.ts";
import { takeNumbers } from "./codes.ts";
import { closeGap, endPosition, movePosition, openGap } from "./positions.ts";
import { changeSubtask, findSubtask } from "./subtask-changes.ts";
import { parseInput, position } from "./texts.ts";

const moveSubtaskInput = z.object({ id: z.string(), storyId: z.string().nullish(), position });

export type MoveSubtaskInput = z.input<typeof moveSubtaskInput>;

/**
 * Puts a subtask at a position among those of its story, or of another story of the same project; a position past the
 * end is the end. In another story it gets that story's next code, and what tied it to the old one goes: what it depends
 * on, what depends on it, and the criteria that it covers.
 * @throws NotFoundError where the subtask is gone, or the story is none of its project
 * @throws InvalidInputError
 */
export async function moveSubtask(database: Database, input: MoveSubtaskInput): Promise<Subtask> {
  const { id, storyId, position } = parseInput(moveSubtaskInput, input);
  return changeSubtask(database, { id, targetId: storyId }, async (tx, { subtask, story, target }) => {
    const count = await endPosition(tx, "Subtask", target.id);
    if (target.id === story.id) {
      const to = Math.min(position, count - 1);
      await movePosition(tx, "Subtask", { id, parentId: story.id, from: subtask.position, to });
      return { ...subtask, position: to };
    }
    const to = Math.min(position, count);
    await tx.subtaskDependency.deleteMany({ where: { OR: [{ subtaskId: id }, { dependsOnId: id }] } });
    await closeGap(tx, "Subtask", story.id, subtask.position);
    await openGap(tx, "Subtask", target.id, to);
    const number = await takeNumbers(tx, "ST", target.id, 1);
    // Raw SQL, because a move is no edit: `updatedAt` stays.
    await tx.$executeRaw`
      UPDATE "Subtask" SET "storyId" = ${target.id}::uuid, number = ${number}::int, position = ${to}::int, "coversCriteria" = '{}'
      WHERE id = ${id}::uuid`;
    return findSubtask(tx, id);
  });
}
