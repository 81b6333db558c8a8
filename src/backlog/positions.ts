import { Prisma, type Transaction } from "../database/database.ts";

/** What has a place among siblings, with the column that says whose they are. */
const PARENTS = { Epic: "projectId", Story: "epicId", Subtask: "storyId" } as const;
export type Ordered = keyof typeof PARENTS;

// Positions are dense from 0. Everything here wants the parent locked, and (for stories) the rows that it shifts; it is
// raw SQL, because being shifted is no edit: `updatedAt` stays.

/** The position after the last of a parent's rows: how many there are. */
export async function endPosition(tx: Transaction, kind: Ordered, parentId: string): Promise<number> {
  const { table, parent } = names(kind);
  const [row] = await tx.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM ${table} WHERE ${parent} = ${parentId}::uuid`;
  return row?.count ?? 0;
}

/** The same for many parents in one statement; a parent without rows is left out. */
export async function endPositions(
  tx: Transaction,
  kind: Ordered,
  parentIds: readonly string[],
): Promise<Map<string, number>> {
  const { table, parent } = names(kind);
  const rows = await tx.$queryRaw<{ parentId: string; count: number }[]>`
    SELECT ${parent} AS "parentId", count(*)::int AS count FROM ${table} WHERE ${parent} = ANY(${parentIds}::uuid[])
    GROUP BY ${parent}`;
  return new Map(rows.map((row) => [row.parentId, row.count]));
}

/** Moves a row from one place among its siblings to another; those between make room. */
export async function movePosition(
  tx: Transaction,
  kind: Ordered,
  row: { readonly id: string; readonly parentId: string; readonly from: number; readonly to: number },
): Promise<void> {
  const { table, parent } = names(kind);
  const step = row.to > row.from ? -1 : 1;
  await tx.$executeRaw`
    UPDATE ${table} SET position = CASE WHEN id = ${row.id}::uuid THEN ${row.to}::int ELSE position + ${step}::int END
    WHERE ${parent} = ${row.parentId}::uuid
      AND position BETWEEN ${Math.min(row.from, row.to)}::int AND ${Math.max(row.from, row.to)}::int`;
}

/** Makes room for one row at a position. */
export async function openGap(tx: Transaction, kind: Ordered, parentId: string, at: number): Promise<void> {
  const { table, parent } = names(kind);
  await tx.$executeRaw`
    UPDATE ${table} SET position = position + 1 WHERE ${parent} = ${parentId}::uuid AND position >= ${at}::int`;
}

/** Closes up after a row that has left a position. */
export async function closeGap(tx: Transaction, kind: Ordered, parentId: string, at: number): Promise<void> {
  const { table, parent } = names(kind);
  await tx.$executeRaw`
    UPDATE ${table} SET position = position - 1 WHERE ${parent} = ${parentId}::uuid AND position > ${at}::int`;
}

/** Lets what is left of many parents' rows close up, in the order that they have. */
export async function closeGaps(tx: Transaction, kind: Ordered, parentIds: readonly string[]): Promise<void> {
  const { table, parent } = names(kind);
  await tx.$executeRaw`
    UPDATE ${table} AS r SET position = dense.position
    FROM (
      SELECT id, row_number() OVER (PARTITION BY ${parent} ORDER BY position, id)::int - 1 AS position
      FROM ${table} WHERE ${parent} = ANY(${parentIds}::uuid[])
    ) AS dense
    WHERE r.id = dense.id AND r.position <> dense.position`;
}

function names(kind: Ordered) {
  return { table: Prisma.raw(`"${kind}"`), parent: Prisma.raw(`"${PARENTS[kind]}"`) };
}
