import type { Database } from "../database/database.ts";
import { type Generator, GenerationError } from "../generation/generator.ts";
import { clampInt } from "../int.ts";
import { PACES } from "./executor/pacer.ts";
import { InvalidInputError, NotFoundError } from "../errors.ts";
import type { RunRow } from "../pubsub/run-events.ts";
import { checkOptions, withTrimmedTexts } from "./generation-options.ts";
import type { SubtaskStore } from "./kinds/generate-subtasks.ts";
import type { RunKind } from "./kinds/run-kind.ts";
import { selectTargets } from "./select-targets.ts";
import { type StartGenerateSubtasks, storiesOf } from "./start-generate-subtasks.ts";

/** What a run would do, take and cost; tokens and milliseconds as far as an Int goes. */
export interface RunEstimate {
  readonly itemsToDo: number;
  readonly itemsToSkip: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Null where the model's price is not known. */
  readonly costUsd: number | null;
  readonly durationMs: number;
}

/** An estimate waits no longer than this for the provider to count. */
const TIMEOUT_MS = 20_000;
/** Nobody reads it twice, so that what marks data in a prompt that is only counted may be anything. */
const NONCE = "000000000000";

/**
 * What `startGenerateSubtasks` with this input would do, take and cost; nothing is started and nothing spent.
 * @throws NotFoundError, InvalidInputError, NothingToDoError as the start would; InvalidInputError also where the
 * provider cannot be asked
 */
export async function estimateRun(
  parts: { database: Database; kind: RunKind; generator: Generator; store: SubtaskStore },
  input: Omit<StartGenerateSubtasks, "idempotencyKey">,
): Promise<RunEstimate> {
  const { database, kind, generator, store } = parts;
  const selection = storiesOf(input);
  const options = withTrimmedTexts(input.options);
  checkOptions(options, kind.offer);
  const targets = await selectTargets(database.prisma, kind, selection);
  const context = await store.readRunContext(database.prisma, selection.parentId);
  if (context === null) throw new NotFoundError("Epic", selection.parentId);
  const storyIds = targets.map(({ storyId }) => storyId).filter((id) => id !== null);
  const replace = options.existingBehavior === "REPLACE";
  const read = await store.readStoriesToSplit(database.prisma, storyIds, { replace });
  const stories = [...read.values()].filter((story) => options.existingBehavior !== "SKIP" || story.subtaskCount === 0);
  const { mode, model, instructions } = options;
  const estimate = await generator
    .estimate({
      context: { ...context, instructions, nonce: NONCE },
      stories,
      mode,
      model,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    .catch((error: unknown) => {
      throw new InvalidInputError([{ path: [], message: whyNot(error) }]);
    });
  return {
    itemsToDo: stories.length,
    itemsToSkip: targets.length - stories.length,
    inputTokens: clampInt(estimate.inputTokens),
    outputTokens: clampInt(estimate.outputTokens),
    costUsd: estimate.costUsd,
    durationMs: clampInt(durationOf(stories.length, estimate.msPerStory, PACES[options.pacing])),
  };
}

/** @throws the error itself where it is none of the provider's */
function whyNot(error: unknown): string {
  if (error instanceof GenerationError) return error.message;
  if (error instanceof DOMException && error.name === "TimeoutError")
    return "The provider did not answer in time. Try again.";
  throw error;
}

/** Calls go `inFlight` at a time, each begun `spacingMs` after the one before; the last one has to end too. */
function durationOf(count: number, msEach: number, { inFlight, spacingMs }: (typeof PACES)[RunRow["pacing"]]): number {
  if (count === 0) return 0;
  return Math.round(Math.max(Math.ceil(count / inFlight) * msEach, (count - 1) * spacingMs + msEach));
}
