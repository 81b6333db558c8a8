import type { Database } from "../database/database.ts";
import { InvalidInputError, NotFoundError } from "../errors.ts";
import type { RunRow } from "../pubsub/run-events.ts";
import { checkOptions, type GenerationOptions } from "./generation-options.ts";
import type { RunKind } from "./kinds/run-kind.ts";
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
 * @throws what `checkSubtasksInput` and `startRun` throw
 */
export async function startGenerateSubtasks(
  parts: StartParts,
  { idempotencyKey, ...input }: StartGenerateSubtasks,
): Promise<RunRow> {
  const checked = await checkSubtasksInput(parts.database, parts.kind, input);
  return startRun(parts, { ...checked, epicId: checked.selection.parentId, personaSet: null, idempotencyKey });
}

/**
 * What the input of a start, or of its estimate, means.
 * @throws InvalidInputError where the epic is not named, or an option cannot be held
 * @throws NotFoundError for the epic
 */
export async function checkSubtasksInput(
  database: Database,
  kind: RunKind,
  { epicId, storyIds, options }: Omit<StartGenerateSubtasks, "idempotencyKey">,
): Promise<{ projectId: string; selection: Selection; options: GenerationOptions }> {
  const checked = checkOptions(options, kind.offer);
  if (epicId === null)
    throw new InvalidInputError([{ path: ["epicId"], message: "Name the epic whose stories are to be split." }]);
  const epic = await database.prisma.epic.findUnique({ where: { id: epicId }, select: { projectId: true } });
  if (epic === null) throw new NotFoundError("Epic", epicId);
  return { projectId: epic.projectId, selection: { parentId: epicId, ids: storyIds }, options: checked };
}
