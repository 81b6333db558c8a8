import { InvalidInputError } from "../errors.ts";
import type { RunRow } from "../pubsub/run-events.ts";
import type { GenerationOptions } from "./generation-options.ts";
import type { Selection } from "./select-targets.ts";
import { type StartParts, startRun } from "./start-run.ts";

export interface StartGenerateSubtasks {
  readonly epicId: string | null;
  /** Null: every story of the epic. */
  readonly storyIds: readonly string[] | null;
  readonly options: GenerationOptions;
  readonly idempotencyKey: string | null;
}

/**
 * Starts a run that splits stories of an epic, or gives the one that the same key started before.
 * @throws what `storiesOf` and `startRun` throw
 */
export async function startGenerateSubtasks(parts: StartParts, input: StartGenerateSubtasks): Promise<RunRow> {
  const selection = storiesOf(input);
  const { options, idempotencyKey } = input;
  return startRun(parts, { selection, epicId: selection.parentId, options, personaSet: null, idempotencyKey });
}

/**
 * Which stories the input of a start, or of its estimate, selects.
 * @throws InvalidInputError where the epic is not named
 */
export function storiesOf({ epicId, storyIds }: Pick<StartGenerateSubtasks, "epicId" | "storyIds">): Selection {
  if (epicId === null)
    throw new InvalidInputError([{ path: ["epicId"], message: "Name the epic whose stories are to be split." }]);
  return { parentId: epicId, ids: storyIds };
}
