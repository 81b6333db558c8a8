import { createEpic, deleteEpic, moveEpic, updateEpic } from "../../backlog/epics.ts";
import type { Epic } from "../../database/generated/prisma/client.ts";
import { InvalidInputError, NotFoundError } from "../../errors.ts";
import type { Builder } from "../builder.ts";
import { decodeId } from "../ids.ts";
import type { Types } from "../types.ts";
import { defineDeletePayload } from "./delete-payload.ts";

/** `createEpic`, `updateEpic`, `deleteEpic` and `moveEpic`. */
export function defineEpicMutations(builder: Builder, types: Types): void {
  const definePayload = (name: string, description: string) =>
    builder.objectRef<Epic>(name).implement({
      description,
      fields: (t) => ({
        epic: t.field({ type: types.Epic, description: "The epic as it is now.", resolve: (epic) => epic }),
      }),
    });
  const CreateEpicInput = builder.inputType("CreateEpicInput", {
    description: "An epic to make. It comes after the others of its project.",
    fields: (t) => ({
      projectId: t.id({ required: true, description: "The project that it belongs to." }),
      title: t.string({ required: true, description: "What to call it: 1 to 200 characters." }),
      description: t.string({ description: "What it is about: up to 20,000 characters." }),
    }),
  });
  const UpdateEpicInput = builder.inputType("UpdateEpicInput", {
    description: "Changes to an epic. A field that is absent stays as it is, one that is null is cleared.",
    fields: (t) => ({
      id: t.id({ required: true, description: "The epic." }),
      title: t.string({ description: "What to call it: 1 to 200 characters. It cannot be cleared." }),
      description: t.string({ description: "What it is about: up to 20,000 characters." }),
    }),
  });
  const DeleteEpicInput = builder.inputType("DeleteEpicInput", {
    description: "An epic to delete.",
    fields: (t) => ({ id: t.id({ required: true, description: "The epic." }) }),
  });
  const MoveEpicInput = builder.inputType("MoveEpicInput", {
    description: "Where an epic goes among the epics of its project.",
    fields: (t) => ({
      id: t.id({ required: true, description: "The epic." }),
      position: t.int({ required: true, description: "Its new place, from 0; past the end is the end." }),
    }),
  });

  builder.mutationFields((t) => ({
    createEpic: t.field({
      type: definePayload("CreateEpicPayload", "The epic has been made."),
      description: "Makes an epic without stories.",
      args: { input: t.arg({ type: CreateEpicInput, required: true, description: "The epic." }) },
      errors: { types: [NotFoundError, InvalidInputError] },
      resolve: (_root, { input }, { database }) =>
        createEpic(database, { ...input, projectId: decodeId("Project", input.projectId) }),
    }),
    updateEpic: t.field({
      type: definePayload("UpdateEpicPayload", "The epic has been changed."),
      description: "Changes the fields of an epic that are given.",
      args: { input: t.arg({ type: UpdateEpicInput, required: true, description: "The changes." }) },
      errors: { types: [NotFoundError, InvalidInputError] },
      resolve: (_root, { input }, { database }) => updateEpic(database, { ...input, id: decodeId("Epic", input.id) }),
    }),
    deleteEpic: t.field({
      type: defineDeletePayload(builder, "DeleteEpicPayload"),
      description: "Deletes an epic with its stories and their subtasks. A run that is at it skips them and goes on.",
      args: { input: t.arg({ type: DeleteEpicInput, required: true, description: "What to delete." }) },
      errors: { types: [NotFoundError] },
      resolve: async (_root, { input }, { database, settleRuns }) => {
        await deleteEpic(database, { id: decodeId("Epic", input.id) }, settleRuns);
        return { deletedId: input.id };
      },
    }),
    moveEpic: t.field({
      type: definePayload("MoveEpicPayload", "The epic has been moved."),
      description: "Puts an epic at another place in its project. Its code stays.",
      args: { input: t.arg({ type: MoveEpicInput, required: true, description: "Where to." }) },
      errors: { types: [NotFoundError, InvalidInputError] },
      resolve: (_root, { input }, { database }) => moveEpic(database, { ...input, id: decodeId("Epic", input.id) }),
    }),
  }));
}
