import { NotFoundError } from "../errors.ts";
import type { RunRow } from "../pubsub/run-events.ts";
import { checkOptions, type GenerationOptions } from "./generation-options.ts";
import { type StartParts, startRun } from "./start-run.ts";

export interface StartGenerateStories {
  readonly projectId: string;
  /** Null: every epic of the project. */
  readonly epicIds: readonly string[] | null;
  readonly options: GenerationOptions;
  readonly personaSet: NonNullable<RunRow["personaSet"]>;
  readonly idempotencyKey: string | null;
}

/**
 * Starts a run that fills epics of a project with stories, or gives the one that the same key started before.
 * @throws InvalidInputError where an option cannot be held
 * @throws NotFoundError for the project; and what `startRun` throws
 */
export async function startGenerateStories(
  parts: StartParts,
  { projectId, epicIds, personaSet, idempotencyKey, ...input }: StartGenerateStories,
): Promise<RunRow> {
  const options = checkOptions(input.options, parts.kind.offer);
  const project = await parts.database.prisma.project.findUnique({ where: { id: projectId }, select: { id: true } });
  if (project === null) throw new NotFoundError("Project", projectId);
  const selection = { parentId: projectId, ids: epicIds };
  return startRun(parts, { projectId, epicId: null, selection, options, personaSet, idempotencyKey });
}
