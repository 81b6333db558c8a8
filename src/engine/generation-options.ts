import { type InputIssue, InvalidInputError } from "../errors.ts";
import type { RunRow } from "../pubsub/run-events.ts";

/** How a run generates; kept with the run, and taken over by its retries. */
export type GenerationOptions = Pick<
  RunRow,
  "mode" | "existingBehavior" | "pacing" | "model" | "instructions" | "maxCostUsd"
>;

/** What may be asked of the configured generator. */
export interface ModelOffer {
  /** Models that a run may name. */
  readonly models: readonly string[];
  /** Whether the price of a model is known; null means the configured one. */
  hasPrice(model: string | null): boolean;
}

const MAX_INSTRUCTIONS = 2_000;

/** Options as they are kept: instructions trimmed, and null where nothing is left of them. */
export function withTrimmedTexts(options: GenerationOptions): GenerationOptions {
  return { ...options, instructions: options.instructions?.trim() || null };
}

/** @throws InvalidInputError naming every option that cannot be held */
export function checkOptions(options: GenerationOptions, offer: ModelOffer): void {
  const issues = [
    ...checkInstructions(options.instructions),
    ...checkModel(options.model, offer),
    ...checkBudget(options, offer),
  ].map(({ path, message }) => ({ path: ["options", ...path], message }));
  if (issues.length > 0) throw new InvalidInputError(issues);
}

function checkInstructions(instructions: string | null): InputIssue[] {
  const path = ["instructions"];
  if (instructions === null) return [];
  if (!instructions.isWellFormed() || instructions.includes("\0"))
    return [{ path, message: "It holds a NUL character or half a surrogate pair, which no text may." }];
  const length = Array.from(instructions).length;
  if (length <= MAX_INSTRUCTIONS) return [];
  return [{ path, message: `It has ${length} characters; it may have up to ${MAX_INSTRUCTIONS}.` }];
}

function checkModel(model: string | null, { models }: ModelOffer): InputIssue[] {
  if (model === null || models.includes(model)) return [];
  const offered =
    models.length > 0 ? `Choose one of ${models.join(", ")}, or leave it out.` : "Leave it out: no model is asked.";
  return [{ path: ["model"], message: `This server offers no model of that name. ${offered}` }];
}

function checkBudget({ maxCostUsd, model }: GenerationOptions, offer: ModelOffer): InputIssue[] {
  const path = ["maxCostUsd"];
  if (maxCostUsd === null) return [];
  if (!Number.isFinite(maxCostUsd) || maxCostUsd <= 0) return [{ path, message: "It must be more than 0 US dollars." }];
  if (offer.hasPrice(model)) return [];
  return [
    {
      path,
      message: "The price of the model is not known here, so no budget can be held. Leave it out, or set PRICES.",
    },
  ];
}
