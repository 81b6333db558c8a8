import type { RunRow } from "../../pubsub/run-events.ts";
import type { Builder } from "../builder.ts";

type Spent = Pick<RunRow, "inputTokens" | "outputTokens" | "cacheReadTokens" | "cacheWriteTokens" | "costUsd">;

/** `Usage`, which a run and each of its items have. */
export function defineUsage(builder: Builder) {
  return builder.objectRef<Spent>("Usage").implement({
    description:
      "Tokens spent on the model, and what they cost. A count of tokens stops at 2147483647; the cost goes on.",
    fields: (t) => ({
      inputTokens: t.exposeInt("inputTokens", { description: "Tokens sent at full price." }),
      outputTokens: t.exposeInt("outputTokens", { description: "Tokens the model wrote." }),
      cacheReadTokens: t.exposeInt("cacheReadTokens", { description: "Tokens sent that the provider had cached." }),
      cacheWriteTokens: t.exposeInt("cacheWriteTokens", { description: "Tokens sent and cached for the next call." }),
      costUsd: t.exposeFloat("costUsd", {
        nullable: true,
        description: "US dollars. Null where the model's price is not known.",
      }),
    }),
  });
}
