import type { Transaction } from "../database/database.ts";
import { codeOf } from "./codes.ts";

/** Code and title of a project's epics, or of those of `ids` that are there; in order of position. */
export async function readEpicTitles(
  reader: Transaction,
  scope: { readonly parentId: string } | { readonly ids: readonly string[] },
): Promise<{ id: string; code: string; title: string }[]> {
  const epics = await reader.epic.findMany({
    where: "ids" in scope ? { id: { in: [...scope.ids] } } : { projectId: scope.parentId },
    select: { id: true, number: true, title: true },
    orderBy: [{ position: "asc" }, { id: "asc" }],
  });
  return epics.map(({ id, number, title }) => ({ id, code: codeOf("E", number), title }));
}
