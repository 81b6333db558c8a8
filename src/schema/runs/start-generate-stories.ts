import { IdempotencyConflictError, NothingToDoError, RunAlreadyActiveError } from "../../engine/errors.ts";
import { InvalidInputError, NotFoundError } from "../../errors.ts";
import type { RunRow } from "../../pubsub/run-events.ts";
import type { Builder } from "../builder.ts";
import { decodeId, decodeIds } from "../ids.ts";
import type { Types } from "../types.ts";
import { type GenerationOptionsInput, optionsOf } from "./generation-options.ts";

/** `startGenerateStories` and what it takes and gives. */
export function defineStartGenerateStories(builder: Builder, types: Types, Options: GenerationOptionsInput): void {
  const Input = builder.inputType("StartGenerateStoriesInput", {
    description: "Which epics to fill, and how.",
    fields: (t) => ({
      projectId: t.id({ required: true, description: "The project whose epics are filled." }),
      epicIds: t.idList({
        description:
          "Which of its epics; every one where it is null. An id that is no epic of the project is a NotFoundError.",
      }),
      options: t.field({
        type: Options,
        description:
          "How to generate. COMPACT 5-8 stories an epic, STANDARD 8-12, DETAILED 12-15. REPLACE keeps stories with manual or started subtasks, those that a person has edited, and those that a run is splitting or has split since this one was started.",
      }),
      personaSet: t.field({
        type: types.PersonaSet,
        defaultValue: "CORE",
        description: "Who the stories are written for. Null means the default.",
      }),
      idempotencyKey: t.string({
        description:
          "Up to 200 characters. The same key with the same input gives the same run; with another, IdempotencyConflictError.",
      }),
    }),
  });
  const Payload = builder.objectRef<RunRow>("StartGenerateStoriesPayload").implement({
    description: "The run has been started.",
    fields: (t) => ({
      run: t.field({ type: types.Run, description: "The run: watch it with `runProgress`.", resolve: (run) => run }),
      epicCount: t.int({ description: "How many epics are selected.", resolve: (run) => run.totalItems }),
    }),
  });
  builder.mutationField("startGenerateStories", (t) =>
    t.field({
      type: Payload,
      description: "Fills the epics of a project with stories. Returns at once; watch it with `runProgress`.",
      args: { input: t.arg({ type: Input, required: true, description: "Which and how." }) },
      errors: {
        types: [NotFoundError, InvalidInputError, NothingToDoError, RunAlreadyActiveError, IdempotencyConflictError],
      },
      resolve: (_root, { input }, { runs }) =>
        runs.startGenerateStories({
          projectId: decodeId("Project", input.projectId),
          epicIds: decodeIds("Epic", input.epicIds) ?? null,
          options: optionsOf(input.options),
          personaSet: input.personaSet ?? "CORE",
          idempotencyKey: input.idempotencyKey ?? null,
        }),
    }),
  );
}
