import type { Database } from "../database/database.ts";
import type { RunRow } from "../pubsub/run-events.ts";
import { createRun } from "./create-run.ts";
import type { GenerationOptions } from "./generation-options.ts";
import type { RunKind } from "./kinds/run-kind.ts";
import type { EngineObserver } from "./observer.ts";
import type { RunQueue } from "./queue.ts";
import { idsField, type Selection, selectTargets } from "./select-targets.ts";

export interface StartParts {
  readonly database: Database;
  readonly queue: RunQueue;
  readonly kind: RunKind;
  readonly observer?: EngineObserver | undefined;
}

export interface Start {
  readonly projectId: string;
  /** The epic that the run is over; null where it is over a project. */
  readonly epicId: string | null;
  readonly selection: Selection;
  /** Checked. */
  readonly options: GenerationOptions;
  readonly personaSet: RunRow["personaSet"];
  readonly idempotencyKey: string | null;
}

/**
 * Starts a run of any kind, or gives the one that the same key started before.
 * @throws InvalidInputError, NotFoundError, NothingToDoError as `selectTargets` does
 * @throws InvalidInputError, RunAlreadyActiveError, IdempotencyConflictError as `createRun` does
 */
export async function startRun(parts: StartParts, start: Start): Promise<RunRow> {
  const { database, kind } = parts;
  const { selection, options, personaSet, ...about } = start;
  const request = {
    start: kind.type,
    [`${kind.words.parent}Id`]: selection.parentId,
    [idsField(kind)]: selection.ids?.toSorted() ?? null,
    personaSet,
    ...options,
  };
  const select = () => selectTargets(database.prisma, kind, selection);
  return createRun(parts, {
    ...about,
    retryOfId: null,
    type: kind.type,
    options,
    personaSet,
    request,
    select,
  });
}
