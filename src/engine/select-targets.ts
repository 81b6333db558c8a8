import type { Transaction } from "../database/database.ts";
import { InvalidInputError, NotFoundError } from "../errors.ts";
import { NothingToDoError } from "./errors.ts";
import { type RunKind, type Target, targetIdOf } from "./kinds/run-kind.ts";

/** What a run is to be over: everything in a parent, or those of its children that are named. */
export interface Selection {
  readonly parentId: string;
  /** Null: everything in the parent. */
  readonly ids: readonly string[] | null;
}

/** What the ids are called in a start's input: `storyIds`. */
export function idsField({ words }: RunKind): string {
  return `${words.item}Ids`;
}

/**
 * What is selected, in the order of the backlog.
 * @throws InvalidInputError where one is named twice
 * @throws NothingToDoError where nothing is selected
 * @throws NotFoundError for a parent that has gone, and for an id that names no child of it
 */
export async function selectTargets(
  reader: Transaction,
  kind: RunKind,
  { parentId, ids }: Selection,
): Promise<readonly Target[]> {
  const { item, items, parent } = kind.words;
  const targets = await kind.targets(reader, { parentId });
  if (targets.length === 0 && (await kind.projectOf(reader, parentId)) === null)
    throw new NotFoundError(kind.entities.parent, parentId);
  const field = idsField(kind);
  const twice = indexOfRepeated(ids ?? []);
  if (twice >= 0) {
    const message = `This ${item} is named twice; name each once.`;
    throw new InvalidInputError([{ path: [field, String(twice)], message }]);
  }
  if (ids?.length === 0)
    throw new NothingToDoError(`No ${item} is named. Name some, or leave \`${field}\` out for all of the ${parent}.`);
  if (targets.length === 0 && ids === null)
    throw new NothingToDoError(`The ${parent} has no ${items}. Add some, or import a backlog, and start again.`);
  if (ids === null) return targets;
  const wanted = new Set(ids);
  const found = targets.filter((target) => wanted.delete(targetIdOf(target) ?? ""));
  for (const id of wanted) throw new NotFoundError(kind.entities.item, id, kind.entities.parent);
  return found;
}

/** Where an id stands that came before; -1 where each is there once. */
function indexOfRepeated(ids: readonly string[]): number {
  const seen = new Set<string>();
  return ids.findIndex((id) => seen.size === seen.add(id).size);
}
