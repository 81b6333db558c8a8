import {
  IdempotencyConflictError,
  NothingToDoError,
  RunAlreadyActiveError,
  RunNotActiveError,
} from "../../engine/errors.ts";
import { InvalidInputError, NotFoundError } from "../../errors.ts";
import type { RunRow } from "../../pubsub/run-events.ts";
import type { Builder } from "../builder.ts";
import { decodeId, decodeIds, decodeOptionalId } from "../ids.ts";
import type { Types } from "../types.ts";
import { type GenerationOptionsInput, optionsOf } from "./generation-options.ts";

export type StartSubtasksInput = ReturnType<typeof defineStartSubtasksInput>;

/** `StartGenerateSubtasksInput`, which the start and its estimate take. */
export function defineStartSubtasksInput(builder: Builder, Options: GenerationOptionsInput) {
  return builder.inputType("StartGenerateSubtasksInput", {
    description: "Which stories to split, and how.",
    fields: (t) => ({
      epicId: t.id({ description: "The epic whose stories are split. It must be named for now." }),
      storyIds: t.idList({
        description:
          "Which of its stories; every one where it is null. An id that is no story of the epic is a NotFoundError.",
      }),
      options: t.field({ type: Options, description: "How to generate." }),
      idempotencyKey: t.string({
        description:
          "Up to 200 characters. The same key with the same input gives the same run; with another, IdempotencyConflictError.",
      }),
    }),
  });
}

/** What is to be split, and how, with database ids and defaults. @throws UnreadableIdError */
export function subtasksOf(input: StartSubtasksInput["$inferInput"]) {
  return {
    epicId: decodeOptionalId("Epic", input.epicId) ?? null,
    storyIds: decodeIds("Story", input.storyIds) ?? null,
    options: optionsOf(input.options),
  };
}

/** `startGenerateSubtasks`, `cancelRun` and `retryRun`. */
export function defineRunMutations(builder: Builder, types: Types, StartInput: StartSubtasksInput): void {
  const CancelRunInput = builder.inputType("CancelRunInput", {
    description: "A run to end.",
    fields: (t) => ({ runId: t.id({ required: true, description: "The run." }) }),
  });
  const RetryRunInput = builder.inputType("RetryRunInput", {
    description: "A run whose undone items are to be tried again.",
    fields: (t) => ({
      runId: t.id({ required: true, description: "The run, which must have ended." }),
      idempotencyKey: t.string({ description: "As in a start; the two share the project's keys." }),
    }),
  });
  const StartGenerateSubtasksPayload = builder.objectRef<RunRow>("StartGenerateSubtasksPayload").implement({
    description: "The run has been started.",
    fields: (t) => ({
      run: t.field({ type: types.Run, description: "The run: watch it with `runProgress`.", resolve: (run) => run }),
      storyCount: t.int({ description: "How many stories are selected.", resolve: (run) => run.totalItems }),
    }),
  });
  const definePayload = (name: string, description: string, what: string) =>
    builder.objectRef<RunRow>(name).implement({
      description,
      fields: (t) => ({ run: t.field({ type: types.Run, description: what, resolve: (run) => run }) }),
    });

  builder.mutationFields((t) => ({
    startGenerateSubtasks: t.field({
      type: StartGenerateSubtasksPayload,
      description: "Splits the stories of an epic into subtasks. Returns at once; watch it with `runProgress`.",
      args: { input: t.arg({ type: StartInput, required: true, description: "Which and how." }) },
      errors: {
        types: [NotFoundError, InvalidInputError, NothingToDoError, RunAlreadyActiveError, IdempotencyConflictError],
      },
      resolve: (_root, { input }, { runs }) =>
        runs.startGenerateSubtasks({ ...subtasksOf(input), idempotencyKey: input.idempotencyKey ?? null }),
    }),
    cancelRun: t.field({
      type: definePayload("CancelRunPayload", "The run has been ended.", "The run as it ended."),
      description: "Ends a queued or running run: work in flight is aborted, finished work is kept.",
      args: { input: t.arg({ type: CancelRunInput, required: true, description: "Which run." }) },
      errors: { types: [NotFoundError, RunNotActiveError] },
      resolve: (_root, { input }, { runs }) => runs.cancel(decodeId("Run", input.runId)),
    }),
    retryRun: t.field({
      type: definePayload("RetryRunPayload", "A new run has been started.", "The new run."),
      description: "Starts a new run over the failed, cancelled and unfinished items of one that has ended.",
      args: { input: t.arg({ type: RetryRunInput, required: true, description: "Which run." }) },
      errors: {
        types: [NotFoundError, InvalidInputError, NothingToDoError, RunAlreadyActiveError, IdempotencyConflictError],
      },
      resolve: (_root, { input }, { runs }) =>
        runs.retry({ runId: decodeId("Run", input.runId), idempotencyKey: input.idempotencyKey ?? null }),
    }),
  }));
}
