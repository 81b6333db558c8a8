import { Prisma, type Transaction } from "../database/database.ts";
import { type Entity, NotFoundError } from "../errors.ts";

// Who locks what before a change, so that nobody waits in a circle:
// - runs, then items, then the backlog; there, project before epic before story before subtask;
// - many rows of one kind in the order of their ids, which PostgreSQL keeps where ORDER BY stands below the lock;
// - whatever changes a story's epic or position holds the project, so a story's epic stands still under that lock;
// - whatever changes anything of a subtask holds its story, so subtasks need no order among themselves.
// FOR NO KEY UPDATE lets others refer to a row meanwhile (a run is started while its epic is being moved); what is about
// to be deleted is locked FOR UPDATE at once, the parents first, so that nobody who refers to it is met halfway.

/** @throws NotFoundError where it is gone */
export async function lockProject(tx: Transaction, id: string): Promise<void> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM "Project" WHERE id = ${id}::uuid FOR NO KEY UPDATE`;
  requireAll("Project", [id], rows);
}

/** Locks epics of a project that is locked. @throws NotFoundError naming the first that is not in it */
export async function lockEpics(tx: Transaction, projectId: string, ids: readonly string[]): Promise<void> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM "Epic" WHERE "projectId" = ${projectId}::uuid AND id = ANY(${ids}::uuid[])
    ORDER BY id FOR NO KEY UPDATE`;
  requireAll("Epic", ids, rows, "Project");
}

/**
 * Locks the epics that are there, and their project before; the ids of each project's. Where stories of some are about to
 * go, those epics are locked against whoever refers to them, and their stories too: all of them, for what stays is shifted.
 */
export async function lockEpicsToFill(
  tx: Transaction,
  ids: readonly string[],
  replacing: readonly string[],
): Promise<Map<string, string[]>> {
  await tx.$queryRaw`
    SELECT id FROM "Project" WHERE id IN (SELECT "projectId" FROM "Epic" WHERE id = ANY(${ids}::uuid[]))
    ORDER BY id FOR NO KEY UPDATE`;
  const select = Prisma.sql`SELECT id, "projectId" FROM "Epic" WHERE id = ANY(${ids}::uuid[]) ORDER BY id`;
  const epics = await tx.$queryRaw<{ id: string; projectId: string }[]>`
    ${select} ${replacing.length > 0 ? Prisma.sql`FOR UPDATE` : Prisma.sql`FOR NO KEY UPDATE`}`;
  if (replacing.length > 0)
    await tx.$queryRaw`
      SELECT count(*) FROM (
        SELECT id FROM "Story" WHERE "epicId" = ANY(${replacing}::uuid[]) ORDER BY id FOR UPDATE
      ) AS locked`;
  const byProject = Map.groupBy(epics, ({ projectId }) => projectId);
  return new Map([...byProject].map(([projectId, found]) => [projectId, found.map(({ id }) => id)]));
}

export interface LockedStory {
  readonly id: string;
  readonly projectId: string;
  /** How many acceptance criteria it has. */
  readonly criteriaCount: number;
}

/** Locks the stories that are there; by id. */
export async function lockStories(tx: Transaction, ids: readonly string[]): Promise<Map<string, LockedStory>> {
  const rows = await tx.$queryRaw<LockedStory[]>`
    SELECT id, "projectId", cardinality("acceptanceCriteria") AS "criteriaCount" FROM "Story"
    WHERE id = ANY(${ids}::uuid[]) ORDER BY id FOR NO KEY UPDATE`;
  return new Map(rows.map((row) => [row.id, row]));
}

/** @throws NotFoundError where it is gone */
export async function lockStory(tx: Transaction, id: string): Promise<LockedStory> {
  const story = (await lockStories(tx, [id])).get(id);
  if (story === undefined) throw new NotFoundError("Story", id);
  return story;
}

/**
 * Locks the stories of some epics from a position on, before their positions are shifted: the shift itself would lock
 * them in any order, and a save of subtasks may be locking several of them.
 */
export async function lockStoriesFrom(
  tx: Transaction,
  ranges: readonly { readonly epicId: string; readonly from: number }[],
): Promise<void> {
  const epicIds = ranges.map(({ epicId }) => epicId);
  const starts = ranges.map(({ from }) => from);
  await tx.$queryRaw`
    SELECT count(*) FROM (
      SELECT s.id FROM "Story" s
      JOIN unnest(${epicIds}::uuid[], ${starts}::int[]) AS range(epic, start)
        ON s."epicId" = range.epic AND s.position >= range.start
      ORDER BY s.id FOR NO KEY UPDATE OF s
    ) AS locked`;
}

/** Locks a project that is about to go, with its epics and stories. @throws NotFoundError where it is gone already */
export async function lockProjectToDelete(tx: Transaction, id: string): Promise<void> {
  const rows = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM "Project" WHERE id = ${id}::uuid FOR UPDATE`;
  requireAll("Project", [id], rows);
  await tx.$queryRaw`
    SELECT count(*) FROM (SELECT id FROM "Epic" WHERE "projectId" = ${id}::uuid ORDER BY id FOR UPDATE) AS locked`;
  await tx.$queryRaw`
    SELECT count(*) FROM (SELECT id FROM "Story" WHERE "projectId" = ${id}::uuid ORDER BY id FOR UPDATE) AS locked`;
}

/** Locks an epic that is about to go, with its stories; its project is locked. @throws NotFoundError where it is gone */
export async function lockEpicToDelete(tx: Transaction, id: string): Promise<void> {
  const rows = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM "Epic" WHERE id = ${id}::uuid FOR UPDATE`;
  requireAll("Epic", [id], rows);
  await tx.$queryRaw`
    SELECT count(*) FROM (SELECT id FROM "Story" WHERE "epicId" = ${id}::uuid ORDER BY id FOR UPDATE) AS locked`;
}

/** @param parent what they were looked for in, where they may be elsewhere */
function requireAll(
  entity: Entity,
  ids: readonly string[],
  rows: readonly { readonly id: string }[],
  parent?: Entity,
): void {
  const found = new Set(rows.map((row) => row.id));
  const missing = ids.find((id) => !found.has(id));
  if (missing !== undefined) throw new NotFoundError(entity, missing, parent);
}
