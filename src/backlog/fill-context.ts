import { Prisma, type Transaction } from "../database/database.ts";
import { replaceableStories } from "./replaceable.ts";

/** What all epics of a run are filled with. */
export interface FillContext {
  readonly project: { readonly name: string; readonly description: string | null; readonly context: string | null };
  /** All of the project, in order. */
  readonly epics: readonly { readonly title: string; readonly description: string | null }[];
}

/** What one epic is filled by. */
export interface EpicToFill {
  readonly title: string;
  readonly description: string | null;
  /** How many stories it has now. */
  readonly storyCount: number;
  /** Those that stay beside new ones, in order. */
  readonly existingStories: readonly { readonly title: string; readonly narrative: string | null }[];
}

/** The project with all of its epics; null where it is gone. */
export async function readFillContext(reader: Transaction, projectId: string): Promise<FillContext | null> {
  const found = await reader.project.findUnique({
    where: { id: projectId },
    select: {
      name: true,
      description: true,
      context: true,
      epics: { select: { title: true, description: true }, orderBy: [{ position: "asc" }, { id: "asc" }] },
    },
  });
  if (found === null) return null;
  const { epics, ...project } = found;
  return { project, epics };
}

/**
 * Epics as they are at their turn, in two statements, however many; those that are gone are left out. With `replace`,
 * only what that run's REPLACE keeps is among the stories that stay.
 */
export async function readEpicsToFill(
  reader: Transaction,
  epicIds: readonly string[],
  { replace, runId }: { readonly replace: boolean; readonly runId: string },
): Promise<Map<string, EpicToFill>> {
  const epics = await reader.epic.findMany({
    where: { id: { in: [...epicIds] } },
    select: { id: true, title: true, description: true },
  });
  const stories = await reader.$queryRaw<{ epicId: string; stays: boolean; title: string; narrative: string | null }[]>`
    SELECT "epicId", title, narrative, NOT (${replace}::boolean AND ${replaceableStories(Prisma.sql`${runId}::uuid`)}) AS stays
    FROM "Story" WHERE "epicId" = ANY(${epicIds}::uuid[])
    ORDER BY "epicId", position, id`;
  const byEpic = Map.groupBy(stories, (story) => story.epicId);
  return new Map(
    epics.map(({ id, ...epic }) => {
      const all = byEpic.get(id) ?? [];
      const existingStories = all.filter((story) => story.stays).map(({ title, narrative }) => ({ title, narrative }));
      return [id, { ...epic, storyCount: all.length, existingStories }];
    }),
  );
}
