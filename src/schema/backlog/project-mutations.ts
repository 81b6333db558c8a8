import { createProject, deleteProject, updateProject } from "../../backlog/projects.ts";
import type { Project } from "../../database/generated/prisma/client.ts";
import { InvalidInputError, NotFoundError } from "../../errors.ts";
import type { Builder } from "../builder.ts";
import { decodeId } from "../ids.ts";
import type { Types } from "../types.ts";
import { defineDeletePayload } from "./delete-payload.ts";

/** `createProject`, `updateProject` and `deleteProject`. */
export function defineProjectMutations(builder: Builder, types: Types): void {
  const definePayload = (name: string, description: string) =>
    builder.objectRef<Project>(name).implement({
      description,
      fields: (t) => ({
        project: t.field({
          type: types.Project,
          description: "The project as it is now.",
          resolve: (project) => project,
        }),
      }),
    });
  const CreateProjectInput = builder.inputType("CreateProjectInput", {
    description: "A project to make. It begins without epics.",
    fields: (t) => ({
      name: t.string({ required: true, description: "What to call it: 1 to 200 characters." }),
      description: t.string({ description: "What it is about, for people: up to 20,000 characters." }),
      context: t.string({
        description:
          "What every prompt of this project is told (domain, stack, definition of done): up to 20,000 characters.",
      }),
    }),
  });
  const UpdateProjectInput = builder.inputType("UpdateProjectInput", {
    description: "Changes to a project. A field that is absent stays as it is, one that is null is cleared.",
    fields: (t) => ({
      id: t.id({ required: true, description: "The project." }),
      name: t.string({ description: "What to call it: 1 to 200 characters. It cannot be cleared." }),
      description: t.string({ description: "What it is about, for people: up to 20,000 characters." }),
      context: t.string({ description: "What every prompt of this project is told: up to 20,000 characters." }),
    }),
  });
  const DeleteProjectInput = builder.inputType("DeleteProjectInput", {
    description: "A project to delete.",
    fields: (t) => ({ id: t.id({ required: true, description: "The project." }) }),
  });

  builder.mutationFields((t) => ({
    createProject: t.field({
      type: definePayload("CreateProjectPayload", "The project has been made."),
      description: "Makes an empty project.",
      args: { input: t.arg({ type: CreateProjectInput, required: true, description: "The project." }) },
      errors: { types: [InvalidInputError] },
      resolve: (_root, { input }, { database }) => createProject(database, input),
    }),
    updateProject: t.field({
      type: definePayload("UpdateProjectPayload", "The project has been changed."),
      description: "Changes the fields of a project that are given.",
      args: { input: t.arg({ type: UpdateProjectInput, required: true, description: "The changes." }) },
      errors: { types: [NotFoundError, InvalidInputError] },
      resolve: (_root, { input }, { database }) =>
        updateProject(database, { ...input, id: decodeId("Project", input.id) }),
    }),
    deleteProject: t.field({
      type: defineDeletePayload(builder, "DeleteProjectPayload"),
      description: "Deletes a project with its epics, stories, subtasks and runs. Runs in progress are ended.",
      args: { input: t.arg({ type: DeleteProjectInput, required: true, description: "What to delete." }) },
      errors: { types: [NotFoundError] },
      resolve: async (_root, { input }, { database, settleRuns }) => {
        await deleteProject(database, { id: decodeId("Project", input.id) }, settleRuns);
        return { deletedId: input.id };
      },
    }),
  }));
}
