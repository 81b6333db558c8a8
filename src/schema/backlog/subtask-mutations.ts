import { moveSubtask } from "../../backlog/move-subtask.ts";
import { createSubtask, deleteSubtask, updateSubtask } from "../../backlog/subtasks.ts";
import type { Subtask } from "../../database/generated/prisma/client.ts";
import { InvalidInputError, NotFoundError } from "../../errors.ts";
import type { Builder } from "../builder.ts";
import { decodeId, decodeIds, decodeOptionalId } from "../ids.ts";
import type { Types } from "../types.ts";
import { defineDeletePayload } from "./delete-payload.ts";

/** `createSubtask`, `updateSubtask`, `deleteSubtask` and `moveSubtask`. */
export function defineSubtaskMutations(builder: Builder, types: Types): void {
  const definePayload = (name: string, description: string) =>
    builder.objectRef<Subtask>(name).implement({
      description,
      fields: (t) => ({
        subtask: t.field({
          type: types.Subtask,
          description: "The subtask as it is now.",
          resolve: (subtask) => subtask,
        }),
      }),
    });
  const CreateSubtaskInput = builder.inputType("CreateSubtaskInput", {
    description: "A subtask that a person writes. It comes after the others of its story.",
    fields: (t) => ({
      storyId: t.id({ required: true, description: "The story that it is a piece of." }),
      title: t.string({ required: true, description: "What is to be done: 1 to 200 characters." }),
      description: t.string({ description: "What it takes, and what it leaves out: up to 20,000 characters." }),
      effort: t.field({ type: types.Effort, description: "How much work it is; M where it is not said." }),
      acceptanceCriteria: t.stringList({
        description: "When it is done: up to 50 statements of up to 1,000 characters.",
      }),
      dependsOn: t.idList({
        description:
          "Up to 1,000 subtasks of the same story that come first. One of another story is InvalidInputError.",
      }),
      coversCriteria: t.intList({
        description:
          "Which of the story's acceptance criteria it serves (0-based): up to 1,000 entries. One that does not exist is InvalidInputError.",
      }),
    }),
  });
  const UpdateSubtaskInput = builder.inputType("UpdateSubtaskInput", {
    description:
      "Changes to a subtask. A field that is absent stays as it is, one that is null is cleared. A cycle, a subtask of another story or a criterion that does not exist is InvalidInputError.",
    fields: (t) => ({
      id: t.id({ required: true, description: "The subtask." }),
      title: t.string({ description: "What is to be done: 1 to 200 characters. It cannot be cleared." }),
      description: t.string({ description: "What it takes, and what it leaves out: up to 20,000 characters." }),
      effort: t.field({ type: types.Effort, description: "How much work it is. It cannot be cleared." }),
      acceptanceCriteria: t.stringList({
        description: "When it is done, as a whole new list: up to 50 statements of up to 1,000 characters.",
      }),
      status: t.field({ type: types.SubtaskStatus, description: "How far it has come. It cannot be cleared." }),
      dependsOn: t.idList({
        description: "Up to 1,000 subtasks of the same story that come first, as a whole new list.",
      }),
      coversCriteria: t.intList({
        description:
          "Which of the story's acceptance criteria it serves (0-based), as a whole new list: up to 1,000 entries.",
      }),
    }),
  });
  const DeleteSubtaskInput = builder.inputType("DeleteSubtaskInput", {
    description: "A subtask to delete.",
    fields: (t) => ({ id: t.id({ required: true, description: "The subtask." }) }),
  });
  const MoveSubtaskInput = builder.inputType("MoveSubtaskInput", {
    description: "Where a subtask goes.",
    fields: (t) => ({
      id: t.id({ required: true, description: "The subtask." }),
      storyId: t.id({ description: "The story of the same project that it goes to; absent or null: its own." }),
      position: t.int({ required: true, description: "Its new place in the story, from 0; past the end is the end." }),
    }),
  });

  builder.mutationFields((t) => ({
    createSubtask: t.field({
      type: definePayload("CreateSubtaskPayload", "The subtask has been made."),
      description: "Makes a subtask by hand: no run ever replaces it.",
      args: { input: t.arg({ type: CreateSubtaskInput, required: true, description: "The subtask." }) },
      errors: { types: [NotFoundError, InvalidInputError] },
      resolve: (_root, { input }, { database }) =>
        createSubtask(database, {
          ...input,
          storyId: decodeId("Story", input.storyId),
          dependsOn: decodeIds("Subtask", input.dependsOn),
        }),
    }),
    updateSubtask: t.field({
      type: definePayload("UpdateSubtaskPayload", "The subtask has been changed."),
      description:
        "Changes the fields of a subtask that are given. A generated one is kept by later runs from then on.",
      args: { input: t.arg({ type: UpdateSubtaskInput, required: true, description: "The changes." }) },
      errors: { types: [NotFoundError, InvalidInputError] },
      resolve: (_root, { input }, { database }) =>
        updateSubtask(database, {
          ...input,
          id: decodeId("Subtask", input.id),
          dependsOn: decodeIds("Subtask", input.dependsOn),
        }),
    }),
    deleteSubtask: t.field({
      type: defineDeletePayload(builder, "DeleteSubtaskPayload"),
      description: "Deletes a subtask. Those that depended on it no longer do.",
      args: { input: t.arg({ type: DeleteSubtaskInput, required: true, description: "What to delete." }) },
      errors: { types: [NotFoundError] },
      resolve: async (_root, { input }, { database }) => {
        await deleteSubtask(database, { id: decodeId("Subtask", input.id) });
        return { deletedId: input.id };
      },
    }),
    moveSubtask: t.field({
      type: definePayload("MoveSubtaskPayload", "The subtask has been moved."),
      description:
        "Puts a subtask at another place, in its story or in another one of its project. There it gets a new code, and what tied it to the old story goes.",
      args: { input: t.arg({ type: MoveSubtaskInput, required: true, description: "Where to." }) },
      errors: { types: [NotFoundError, InvalidInputError] },
      resolve: (_root, { input }, { database }) =>
        moveSubtask(database, {
          ...input,
          id: decodeId("Subtask", input.id),
          storyId: decodeOptionalId("Story", input.storyId),
        }),
    }),
  }));
}
