import type { RunRow } from "../pubsub/run-events.ts";
import type { GenerationOptions } from "./generation-options.ts";
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
 * @throws what `startRun` throws
 */
export async function startGenerateStories(
  parts: StartParts,
  { projectId, epicIds, ...start }: StartGenerateStories,
): Promise<RunRow> {
  return startRun(parts, { ...start, epicId: null, selection: { parentId: projectId, ids: epicIds } });
}
