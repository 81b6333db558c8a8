import { z } from "zod";
import type { Database } from "../database/database.ts";
import { Effort, SubtaskStatus, type Subtask } from "../database/generated/prisma/client.ts";
import { takeNumbers } from "./codes.ts";
import { checkCoverage } from "./criteria-coverage.ts";
import { lockStory } from "./locks.ts";
import { closeGap, endPosition } from "./positions.ts";
import { replaceDependencies } from "./subtask-dependencies.ts";
import { changeSubtask, findSubtask } from "./subtask-changes.ts";
import { criteriaList, emptyableText, LIMITS, parseInput, references, requiredText, unclearable } from "./texts.ts";

const title = requiredText("The title", LIMITS.title);
const details = {
  description: emptyableText("The description", LIMITS.text),
  acceptanceCriteria: criteriaList,
  dependsOn: references("The list of subtasks that come first", z.string()),
  coversCriteria: references("The list of criteria", z.int("Criteria are whole numbers, from 0.")),
};
const createSubtaskInput = z.object({ storyId: z.string(), title, effort: z.enum(Effort).nullish(), ...details });
const updateSubtaskInput = z.object({
  id: z.string(),
  title: unclearable("The title", title),
  effort: unclearable("The effort", z.enum(Effort)),
  status: unclearable("The status", z.enum(SubtaskStatus)),
  ...details,
});

export type CreateSubtaskInput = z.input<typeof createSubtaskInput>;
export type UpdateSubtaskInput = z.input<typeof updateSubtaskInput>;

/** Makes a subtask by hand, after the others of its story; effort M where none is given. @throws NotFoundError, InvalidInputError */
export async function createSubtask(database: Database, input: CreateSubtaskInput): Promise<Subtask> {
  const { storyId, dependsOn = [], ...content } = parseInput(createSubtaskInput, input);
  return database.transaction(async (tx) => {
    const { projectId, criteriaCount } = await lockStory(tx, storyId);
    const subtask = await tx.subtask.create({
      data: {
        projectId,
        storyId,
        number: await takeNumbers(tx, "ST", storyId, 1),
        title: content.title,
        description: content.description ?? "",
        effort: content.effort ?? "M",
        acceptanceCriteria: content.acceptanceCriteria ?? [],
        coversCriteria: checkCoverage(content.coversCriteria ?? [], criteriaCount),
        origin: "MANUAL",
        position: await endPosition(tx, "Subtask", storyId),
      },
    });
    if (dependsOn.length > 0) await replaceDependencies(tx, subtask, dependsOn);
    return subtask;
  });
}

/**
 * Changes the fields that are given, null clears one, and marks the subtask as edited by a person, so that REPLACE
 * keeps it. An update that gives no field is none.
 * @throws NotFoundError, InvalidInputError
 */
export async function updateSubtask(database: Database, input: UpdateSubtaskInput): Promise<Subtask> {
  const { id, ...changes } = parseInput(updateSubtaskInput, input);
  if (Object.values(changes).every((value) => value === undefined)) return findSubtask(database.prisma, id);
  const { dependsOn, coversCriteria, ...content } = changes;
  return changeSubtask(database, { id }, async (tx, { subtask, story }) => {
    if (dependsOn !== undefined) await replaceDependencies(tx, subtask, dependsOn);
    return tx.subtask.update({
      where: { id },
      data: {
        ...content,
        coversCriteria: coversCriteria && checkCoverage(coversCriteria, story.criteriaCount),
        editedAt: new Date(),
      },
    });
  });
}

/** Deletes a subtask; others no longer depend on it. @throws NotFoundError */
export async function deleteSubtask(database: Database, { id }: { readonly id: string }): Promise<Subtask> {
  return changeSubtask(database, { id }, async (tx, { subtask }) => {
    await tx.subtask.delete({ where: { id } });
    await closeGap(tx, "Subtask", subtask.storyId, subtask.position);
    return subtask;
  });
}
