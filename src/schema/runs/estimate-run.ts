import type { RunEstimate } from "../../engine/estimate-run.ts";
import { NothingToDoError } from "../../engine/errors.ts";
import { InvalidInputError, NotFoundError } from "../../errors.ts";
import type { Builder } from "../builder.ts";
import { type StartSubtasksInput, subtasksOf } from "./run-mutations.ts";

/** `estimateRun` and what it gives. */
export function defineEstimateRun(builder: Builder, Input: StartSubtasksInput): void {
  const Estimate = builder.objectRef<RunEstimate>("RunEstimate").implement({
    description:
      "What a run would do, take and cost, repairs and retries apart. A figure that is more than 2147483647 is told as that.",
    fields: (t) => ({
      itemsToDo: t.exposeInt("itemsToDo", { description: "Stories that it would split." }),
      itemsToSkip: t.exposeInt("itemsToSkip", { description: "Stories that it would leave as they are." }),
      inputTokens: t.exposeInt("inputTokens", {
        description: "Tokens sent: exact where the provider counted them, else by length.",
      }),
      outputTokens: t.exposeInt("outputTokens", { description: "Tokens written, by what such answers usually take." }),
      costUsd: t.exposeFloat("costUsd", {
        nullable: true,
        description: "US dollars. Null where the model's price is not known.",
      }),
      durationMs: t.exposeInt("durationMs", { description: "Milliseconds from its start to its end." }),
    }),
  });
  builder.queryField("estimateRun", (t) =>
    t.field({
      type: Estimate,
      description: "What a run would do, take and cost, before anything is spent.",
      args: { input: t.arg({ type: Input, required: true, description: "The start that is thought of." }) },
      errors: { types: [NotFoundError, InvalidInputError, NothingToDoError] },
      resolve: (_root, { input }, { runs }) => runs.estimate(subtasksOf(input)),
    }),
  );
}
