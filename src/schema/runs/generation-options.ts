import type { GenerationOptions } from "../../engine/generation-options.ts";
import type { Builder } from "../builder.ts";
import type { Types } from "../types.ts";

export type GenerationOptionsInput = ReturnType<typeof defineGenerationOptions>;
type Given = { readonly [K in keyof GenerationOptions]?: GenerationOptions[K] | null } | null | undefined;

/** `GenerationOptionsInput`, which every start of a run and its estimate take. */
export function defineGenerationOptions(builder: Builder, types: Types) {
  return builder.inputType("GenerationOptionsInput", {
    description: "How a run generates. Null means the default.",
    fields: (t) => ({
      mode: t.field({
        type: types.GenerationMode,
        defaultValue: "STANDARD",
        description: "How finely each item is split.",
      }),
      existingBehavior: t.field({
        type: types.ExistingBehavior,
        defaultValue: "SKIP",
        description: "What happens to what is there already.",
      }),
      pacing: t.field({ type: types.Pacing, defaultValue: "NORMAL", description: "How hard the provider is driven." }),
      model: t.string({ description: "Null: the configured model; another one must be on the configuration's list." }),
      instructions: t.string({ description: "Told with every item of the run; up to 2,000 characters." }),
      maxCostUsd: t.float({
        description: "Nothing more is asked of the model when what is spent plus what is in flight may pass it.",
      }),
    }),
  });
}

/** Options with their defaults. */
export function optionsOf(given: Given): GenerationOptions {
  return {
    mode: given?.mode ?? "STANDARD",
    existingBehavior: given?.existingBehavior ?? "SKIP",
    pacing: given?.pacing ?? "NORMAL",
    model: given?.model ?? null,
    instructions: given?.instructions ?? null,
    maxCostUsd: given?.maxCostUsd ?? null,
  };
}
