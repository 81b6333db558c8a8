import { z } from "zod";
import type { Database, Transaction } from "../database/database.ts";
import { Effort, Priority, type Story } from "../database/generated/prisma/client.ts";
import { NotFoundError } from "../errors.ts";
import { takeNumbers } from "./codes.ts";
import { followCriteria } from "./criteria-coverage.ts";
import type { SettleRuns } from "./deletion.ts";
import { lockEpics, lockProject, lockStoriesFrom, lockStory } from "./locks.ts";
import { closeGap, endPosition } from "./positions.ts";
import { criteriaList, LIMITS, optionalText, parseInput, requiredText, unclearable } from "./texts.ts";

const title = requiredText("The title", LIMITS.title);
const details = {
  persona: optionalText("The persona", LIMITS.text),
  narrative: optionalText("The narrative", LIMITS.narrative),
  description: optionalText("The description", LIMITS.text),
  acceptanceCriteria: criteriaList,
  priority: z.enum(Priority).nullish(),
  effort: z.enum(Effort).nullish(),
};
const createStoryInput = z.object({ epicId: z.string(), title, ...details });
const updateStoryInput = z.object({ id: z.string(), title: unclearable("The title", title), ...details });

export type CreateStoryInput = z.input<typeof createStoryInput>;
export type UpdateStoryInput = z.input<typeof updateStoryInput>;

/** Makes a story after the others of its epic. @throws NotFoundError, InvalidInputError */
export async function createStory(database: Database, input: CreateStoryInput): Promise<Story> {
  const { epicId, acceptanceCriteria = [], ...story } = parseInput(createStoryInput, input);
  return database.transaction(async (tx) => {
    const epic = await tx.epic.findUnique({ where: { id: epicId }, select: { projectId: true } });
    if (epic === null) throw new NotFoundError("Epic", epicId);
    const { projectId } = epic;
    const number = await takeNumbers(tx, "S", projectId, 1);
    await lockEpics(tx, projectId, [epicId]);
    const position = await endPosition(tx, "Story", epicId);
    return tx.story.create({ data: { ...story, acceptanceCriteria, projectId, epicId, number, position } });
  });
}

/**
 * Changes the fields that are given; null clears one, and none given is no edit. Where the acceptance criteria change, what its subtasks cover
 * follows them by their exact text.
 * @throws NotFoundError, InvalidInputError
 */
export async function updateStory(database: Database, input: UpdateStoryInput): Promise<Story> {
  const { id, ...changes } = parseInput(updateStoryInput, input);
  return database.transaction(async (tx) => {
    if (changes.acceptanceCriteria !== undefined) {
      await lockStory(tx, id);
      const { acceptanceCriteria: before } = await findStory(tx, id);
      await followCriteria(tx, id, before, changes.acceptanceCriteria);
    }
    const edited = Object.keys(changes).length > 0 ? { ...changes, editedAt: new Date() } : {};
    const [story] = await tx.story.updateManyAndReturn({ where: { id }, data: edited });
    if (story === undefined) throw new NotFoundError("Story", id);
    return story;
  });
}

/** Deletes a story with its subtasks; the run that was at it goes on without. @throws NotFoundError */
export async function deleteStory(
  database: Database,
  { id }: { readonly id: string },
  settleRuns: SettleRuns,
): Promise<Story> {
  const { story, afterCommit } = await database.transaction(async (tx) => {
    const { projectId } = await findStory(tx, id);
    const afterCommit = await settleRuns(tx, { kind: "Story", id, projectId });
    await lockProject(tx, projectId);
    const { epicId, position } = await findStory(tx, id);
    await lockEpics(tx, projectId, [epicId]);
    await lockStoriesFrom(tx, [{ epicId, from: position }]);
    const story = await tx.story.delete({ where: { id } });
    await closeGap(tx, "Story", epicId, position);
    return { story, afterCommit };
  });
  afterCommit();
  return story;
}

/** @throws NotFoundError */
export async function findStory(tx: Transaction, id: string): Promise<Story> {
  const story = await tx.story.findUnique({ where: { id } });
  if (story === null) throw new NotFoundError("Story", id);
  return story;
}
