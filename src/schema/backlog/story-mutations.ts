import { moveStory } from "../../backlog/move-story.ts";
import { createStory, deleteStory, updateStory } from "../../backlog/stories.ts";
import type { Story } from "../../database/generated/prisma/client.ts";
import { InvalidInputError, NotFoundError } from "../../errors.ts";
import type { Builder } from "../builder.ts";
import { decodeId, decodeOptionalId } from "../ids.ts";
import type { Types } from "../types.ts";
import { defineDeletePayload } from "./delete-payload.ts";

/** `createStory`, `updateStory`, `deleteStory` and `moveStory`. */
export function defineStoryMutations(builder: Builder, types: Types): void {
  const definePayload = (name: string, description: string) =>
    builder.objectRef<Story>(name).implement({
      description,
      fields: (t) => ({
        story: t.field({ type: types.Story, description: "The story as it is now.", resolve: (story) => story }),
      }),
    });
  const CreateStoryInput = builder.inputType("CreateStoryInput", {
    description: "A story to make. It comes after the others of its epic.",
    fields: (t) => ({
      epicId: t.id({ required: true, description: "The epic that it belongs to." }),
      title: t.string({ required: true, description: "What is wanted: 1 to 200 characters." }),
      persona: t.string({ description: "Who wants it: the persona of 'As a …'." }),
      narrative: t.string({
        description: "The story in one sentence, 'As a … I want … so that …': up to 5,000 characters.",
      }),
      description: t.string({ description: "Anything more that helps to build it: up to 20,000 characters." }),
      acceptanceCriteria: t.stringList({
        description: "When it is done: up to 50 statements of up to 1,000 characters.",
      }),
      priority: t.field({ type: types.Priority, description: "How much it is needed." }),
      effort: t.field({ type: types.Effort, description: "How much work it is thought to be." }),
    }),
  });
  const UpdateStoryInput = builder.inputType("UpdateStoryInput", {
    description: "Changes to a story. A field that is absent stays as it is, one that is null is cleared.",
    fields: (t) => ({
      id: t.id({ required: true, description: "The story." }),
      title: t.string({ description: "What is wanted: 1 to 200 characters. It cannot be cleared." }),
      persona: t.string({ description: "Who wants it: the persona of 'As a …'." }),
      narrative: t.string({
        description: "The story in one sentence, 'As a … I want … so that …': up to 5,000 characters.",
      }),
      description: t.string({ description: "Anything more that helps to build it: up to 20,000 characters." }),
      acceptanceCriteria: t.stringList({
        description:
          "When it is done, as a whole new list: up to 50 statements of up to 1,000 characters. What subtasks cover follows statements whose text stays.",
      }),
      priority: t.field({ type: types.Priority, description: "How much it is needed." }),
      effort: t.field({ type: types.Effort, description: "How much work it is thought to be." }),
    }),
  });
  const DeleteStoryInput = builder.inputType("DeleteStoryInput", {
    description: "A story to delete.",
    fields: (t) => ({ id: t.id({ required: true, description: "The story." }) }),
  });
  const MoveStoryInput = builder.inputType("MoveStoryInput", {
    description: "Where a story goes.",
    fields: (t) => ({
      id: t.id({ required: true, description: "The story." }),
      epicId: t.id({ description: "The epic of the same project that it goes to; absent or null: its own." }),
      position: t.int({ required: true, description: "Its new place in the epic, from 0; past the end is the end." }),
    }),
  });

  builder.mutationFields((t) => ({
    createStory: t.field({
      type: definePayload("CreateStoryPayload", "The story has been made."),
      description: "Makes a story without subtasks.",
      args: { input: t.arg({ type: CreateStoryInput, required: true, description: "The story." }) },
      errors: { types: [NotFoundError, InvalidInputError] },
      resolve: (_root, { input }, { database }) =>
        createStory(database, { ...input, epicId: decodeId("Epic", input.epicId) }),
    }),
    updateStory: t.field({
      type: definePayload("UpdateStoryPayload", "The story has been changed."),
      description: "Changes the fields of a story that are given.",
      args: { input: t.arg({ type: UpdateStoryInput, required: true, description: "The changes." }) },
      errors: { types: [NotFoundError, InvalidInputError] },
      resolve: (_root, { input }, { database }) => updateStory(database, { ...input, id: decodeId("Story", input.id) }),
    }),
    deleteStory: t.field({
      type: defineDeletePayload(builder, "DeleteStoryPayload"),
      description: "Deletes a story with its subtasks. A run that is at it skips it and goes on.",
      args: { input: t.arg({ type: DeleteStoryInput, required: true, description: "What to delete." }) },
      errors: { types: [NotFoundError] },
      resolve: async (_root, { input }, { database, settleRuns }) => {
        await deleteStory(database, { id: decodeId("Story", input.id) }, settleRuns);
        return { deletedId: input.id };
      },
    }),
    moveStory: t.field({
      type: definePayload("MoveStoryPayload", "The story has been moved."),
      description: "Puts a story at another place, in its epic or another one of its project. Its code stays.",
      args: { input: t.arg({ type: MoveStoryInput, required: true, description: "Where to." }) },
      errors: { types: [NotFoundError, InvalidInputError] },
      resolve: (_root, { input }, { database }) =>
        moveStory(database, {
          ...input,
          id: decodeId("Story", input.id),
          epicId: decodeOptionalId("Epic", input.epicId),
        }),
    }),
  }));
}
