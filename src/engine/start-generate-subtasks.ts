import type { Database } from "../database/database.ts";
import { InvalidInputError, NotFoundError } from "../errors.ts";
import type { RunRow } from "../pubsub/run-events.ts";
import { createRun } from "./create-run.ts";
import { NothingToDoError } from "./errors.ts";
import { checkOptions, type GenerationOptions } from "./generation-options.ts";
import type { RunKind, Target } from "./kinds/run-kind.ts";
import type { RunQueue } from "./queue.ts";

export interface StartGenerateSubtasks {
  readonly epicId: string | null;
  /** Null: every story of the epic. */
  readonly storyIds: readonly string[] | null;
  readonly options: GenerationOptions;
  readonly idempotencyKey: string | null;
}

/**
 * Starts a run that splits stories of an epic, or gives the one that the same key started before.
 * @throws NotFoundError for the epic, or for an id that is no story of it
 * @throws InvalidInputError where the epic is missing, a story is named twice, or an option cannot be held
 * @throws NothingToDoError where no story is selected
 * @throws RunAlreadyActiveError, IdempotencyConflictError as `createRun` does
 */
export async function startGenerateSubtasks(
  parts: { database: Database; queue: RunQueue; kind: RunKind },
  { epicId, storyIds, idempotencyKey, ...input }: StartGenerateSubtasks,
): Promise<RunRow> {
  const { database, queue, kind } = parts;
  const options = checkOptions(input.options, kind.offer);
  if (epicId === null) throw invalid(["epicId"], "Name the epic whose stories are to be split.");
  const epic = await database.prisma.epic.findUnique({ where: { id: epicId }, select: { projectId: true } });
  if (epic === null) throw new NotFoundError("Epic", epicId);
  const twice = indexOfRepeated(storyIds ?? []);
  if (twice >= 0) throw invalid(["storyIds", String(twice)], "This story is named twice; name each once.");

  async function select(): Promise<Target[]> {
    const targets = await kind.targets(database.prisma, { parentId: epicId ?? "" });
    if (storyIds === null && targets.length === 0)
      throw new NothingToDoError("The epic has no stories. Add some, or import a backlog, and start again.");
    if (storyIds === null) return targets;
    if (storyIds.length === 0)
      throw new NothingToDoError("No story is named. Name some, or leave `storyIds` out for all of the epic.");
    const wanted = new Set(storyIds);
    const found = targets.filter(({ storyId }) => storyId !== null && wanted.delete(storyId));
    for (const id of wanted) throw new NotFoundError("Story", id);
    return found;
  }

  return createRun(database, queue, {
    projectId: epic.projectId,
    epicId,
    retryOfId: null,
    type: "GENERATE_SUBTASKS",
    options,
    idempotencyKey,
    request: { start: "GENERATE_SUBTASKS", epicId, storyIds: storyIds?.toSorted() ?? null, ...options },
    select,
  });
}

/** Where an id stands that came before; -1 where each is there once. */
function indexOfRepeated(ids: readonly string[]): number {
  const seen = new Set<string>();
  return ids.findIndex((id) => seen.size === seen.add(id).size);
}

function invalid(path: string[], message: string): InvalidInputError {
  return new InvalidInputError([{ path, message }]);
}
