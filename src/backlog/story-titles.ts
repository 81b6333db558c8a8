import type { Transaction } from "../database/database.ts";
import { codeOf } from "./codes.ts";

/** Code and title of an epic's stories, or of those of `ids` that are there; in order of epic, then position. */
export async function readStoryTitles(
  reader: Transaction,
  scope: { readonly parentId: string } | { readonly ids: readonly string[] },
): Promise<{ id: string; code: string; title: string }[]> {
  const stories = await reader.$queryRaw<{ id: string; number: number; title: string }[]>`
    SELECT s.id, s.number, s.title FROM "Story" s JOIN "Epic" e ON e.id = s."epicId"
    WHERE ${"ids" in scope} AND s.id = ANY(${"ids" in scope ? scope.ids : []}::uuid[])
       OR ${"parentId" in scope} AND s."epicId" = ${"parentId" in scope ? scope.parentId : null}::uuid
    ORDER BY e.position, e.id, s.position, s.id`;
  return stories.map(({ id, number, title }) => ({ id, code: codeOf("S", number), title }));
}
