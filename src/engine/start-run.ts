import type { Database } from "../database/database.ts";
import { NotFoundError } from "../errors.ts";
import type { RunRow } from "../pubsub/run-events.ts";
import { createRun } from "./create-run.ts";
import { checkOptions, type GenerationOptions, withTrimmedTexts } from "./generation-options.ts";
import { findByKey, readKey } from "./idempotency.ts";
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
  /** The epic that the run is over; null where it is over a project. */
  readonly epicId: string | null;
  readonly selection: Selection;
  readonly options: GenerationOptions;
  readonly personaSet: RunRow["personaSet"];
  readonly idempotencyKey: string | null;
}

/**
 * Starts a run of any kind, or gives the one that the same key started before, whatever has become of the backlog and of
 * what the server offers since.
 * @throws InvalidInputError for a key that is none, or where an option cannot be held
 * @throws InvalidInputError, NotFoundError, NothingToDoError as `selectTargets` does
 * @throws RunAlreadyActiveError, IdempotencyConflictError as `createRun` does
 */
export async function startRun(parts: StartParts, start: Start): Promise<RunRow> {
  const { database, kind } = parts;
  const { epicId, selection, personaSet } = start;
  const options = withTrimmedTexts(start.options);
  const idempotencyKey = readKey(start.idempotencyKey);
  const parentField = `${kind.words.parent}Id`;
  const request = {
    start: kind.type,
    [parentField]: selection.parentId,
    [idsField(kind)]: selection.ids?.toSorted() ?? null,
    personaSet,
    ...options,
  };
  const projectId = await kind.projectOf(database.prisma, selection.parentId);
  if (projectId === null) {
    // Which project it was in is not known any more; the runs that were started over it are.
    const overParent = { request: { path: [parentField], equals: selection.parentId } };
    const earlier = await findByKey(database, overParent, { idempotencyKey, request });
    if (earlier !== null) return earlier;
    throw new NotFoundError(kind.entities.parent, selection.parentId);
  }
  return createRun(parts, {
    ...{ projectId, epicId, retryOfId: null, type: kind.type, options, personaSet, idempotencyKey, request },
    select: async () => {
      checkOptions(options, kind.offer);
      return selectTargets(database.prisma, kind, selection);
    },
  });
}
