import type { Database } from "./database.ts";
import type { Prisma } from "./generated/prisma/client.ts";

// Reads for lists of lists. One statement reads a page for each of many parents, with LIMIT in the database and only the
// columns asked for, and PostgreSQL hands the rows over as JSON: a fifth of the CPU of the same read through Prisma, which
// reads nested lists whole and cuts them in memory (docs/decisions/reads.md).

/** The rows that can be read, by table. */
export interface Rows {
  Project: Prisma.ProjectModel;
  Epic: Prisma.EpicModel;
  Story: Prisma.StoryModel;
  Subtask: Prisma.SubtaskModel;
  Run: Prisma.RunModel;
  RunItem: Prisma.RunItemModel;
  RunEvent: Prisma.RunEventModel;
}
export type Table = keyof Rows;
export type Column<T extends Table> = keyof Rows[T] & string;

/** Comes before every id. */
const NIL = `'00000000-0000-0000-0000-000000000000'::uuid`;

type Reader = Pick<Database, "read">;

/** One key of an order; together the keys of an order tell any two rows apart. */
export interface OrderKey {
  readonly column: string;
  readonly type: "int" | "uuid" | "timestamptz";
  /** Whether it changes as other rows come, go and move. Such an order ends with the row's id. */
  readonly shifts?: true;
}
export type CursorValue = string | number;

export interface Filter {
  readonly column: string;
  readonly type: "uuid" | "enum";
  readonly values: readonly string[];
}

export interface ListRead<T extends Table> {
  readonly table: T;
  /** The column that holds the parent's id; null for a list that has no parent. */
  readonly parent: string | null;
  /** Keeps rows whose column is one of the values. */
  readonly filter: readonly Filter[];
}

export interface PageRead<T extends Table> extends ListRead<T> {
  readonly columns: readonly Column<T>[];
  readonly order: readonly OrderKey[];
  readonly descending: boolean;
  /** Rows strictly between these places in the order. */
  readonly after: readonly CursorValue[] | null;
  readonly before: readonly CursorValue[] | null;
  /** Takes the last rows rather than the first; they come in the list's order all the same. */
  readonly fromEnd: boolean;
  readonly limit: number;
}

/** A page of rows for each parent, in the order of `parentIds`; pass `[""]` where the list has no parent. */
export async function readPages<T extends Table>(
  database: Reader,
  read: PageRead<T>,
  parentIds: readonly string[],
): Promise<Rows[T][][]> {
  const { values, parameter } = parameters();
  const from = parents(read.parent, parentIds, parameter);
  const conditions = listConditions(read, parameter);
  // Read backwards when the order is descending, or when the last rows are wanted: not when both are so.
  const backwards = read.descending !== read.fromEnd;
  const keys = read.order.map((key) => `t."${key.column}"`);
  const place = (cursor: readonly CursorValue[]) => placeOf(read, cursor, parameter);
  if (read.after) conditions.push(`(${keys.join(", ")}) ${read.descending ? "<" : ">"} ${place(read.after)}`);
  if (read.before) conditions.push(`(${keys.join(", ")}) ${read.descending ? ">" : "<"} ${place(read.before)}`);
  const rows = `SELECT ${read.columns.map((column) => `t."${column}"`).join(", ")} FROM "${read.table}" t
    ${where(conditions)} ORDER BY ${keys.map((key) => (backwards ? `${key} DESC` : key)).join(", ")} LIMIT ${parameter(read.limit)}::int`;
  const found = await database.read<{ rows: Rows[T][] | null }>(
    `SELECT (SELECT json_agg(r) FROM (${rows}) r) AS rows ${from}`,
    values,
  );
  return found.map(({ rows: page }) => {
    const revived = revive(page ?? []);
    return read.fromEnd ? revived.reverse() : revived;
  });
}

/** How many rows each parent's list has, in the order of `parentIds`. */
export async function countRows<T extends Table>(
  database: Reader,
  read: ListRead<T>,
  parentIds: readonly string[],
): Promise<number[]> {
  const { values, parameter } = parameters();
  const from = parents(read.parent, parentIds, parameter);
  const conditions = listConditions(read, parameter);
  const found = await database.read<{ count: number }>(
    `SELECT (SELECT count(*)::int FROM "${read.table}" t ${where(conditions)}) AS count ${from}`,
    values,
  );
  return found.map(({ count }) => count);
}

/** The rows with these ids, by id; those that are not there are left out. */
export async function readByIds<T extends Table>(
  database: Reader,
  table: T,
  columns: readonly Column<T>[],
  ids: readonly string[],
): Promise<Map<string, Rows[T]>> {
  const rows = `SELECT ${columns.map((column) => `t."${column}"`).join(", ")} FROM "${table}" t WHERE t.id = ANY($1::uuid[])`;
  const found = await database.read<{ rows: (Rows[T] & { id: string })[] | null }>(
    `SELECT json_agg(r) AS rows FROM (${rows}) r`,
    [ids],
  );
  return new Map(revive(found[0]?.rows ?? []).map((row) => [row.id, row]));
}

/** The subtasks that must come first, for each of these subtasks, in order. */
export async function readPrerequisites(
  database: Reader,
  columns: readonly Column<"Subtask">[],
  subtaskIds: readonly string[],
): Promise<Rows["Subtask"][][]> {
  const rows = `SELECT ${columns.map((column) => `t."${column}"`).join(", ")} FROM "SubtaskDependency" d
    JOIN "Subtask" t ON t.id = d."dependsOnId" WHERE d."subtaskId" = p.id ORDER BY t.position, t.id`;
  const found = await database.read<{ rows: Rows["Subtask"][] | null }>(
    `SELECT (SELECT json_agg(r) FROM (${rows}) r) AS rows FROM unnest($1::uuid[]) WITH ORDINALITY AS p(id, n) ORDER BY p.n`,
    [subtaskIds],
  );
  return found.map(({ rows: page }) => revive(page ?? []));
}

function parameters() {
  const values: unknown[] = [];
  return { values, parameter: (value: unknown) => `$${values.push(value)}` };
}

function parents(column: string | null, ids: readonly string[], parameter: (value: unknown) => string): string {
  return column === null ? "" : `FROM unnest(${parameter(ids)}::uuid[]) WITH ORDINALITY AS p(id, n) ORDER BY p.n`;
}

/**
 * The place in the order that a cursor names. Where places shift, that is where its row stands now, and where that is no
 * longer in the list, just before what has moved up to where it stood.
 */
function placeOf(
  { table, parent, order }: Pick<PageRead<Table>, "table" | "parent" | "order">,
  cursor: readonly CursorValue[],
  parameter: (value: unknown) => string,
): string {
  const values = order.map((key, i) => `${parameter(cursor[i])}::${key.type}`);
  if (!order.some((key) => key.shifts)) return `(${values.join(", ")})`;
  const now = order.map(({ column, type }, i) => `COALESCE(c."${column}", ${type === "uuid" ? NIL : values[i]})`);
  const inList = parent === null ? "" : `AND c."${parent}" = p.id`;
  return `(SELECT ${now.join(", ")} FROM (VALUES (0)) one LEFT JOIN "${table}" c ON c.id = ${values.at(-1)} ${inList})`;
}

function listConditions(read: ListRead<Table>, parameter: (value: unknown) => string): string[] {
  const filters = read.filter.map(({ column, type, values }) =>
    type === "uuid"
      ? `t."${column}" = ANY(${parameter(values)}::uuid[])`
      : `t."${column}"::text = ANY(${parameter(values)}::text[])`,
  );
  return read.parent === null ? filters : [`t."${read.parent}" = p.id`, ...filters];
}

function where(conditions: readonly string[]): string {
  return conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "";
}

/** JSON has no times: the columns that hold one end in "At" or are called so. */
function revive<R extends object>(rows: R[]): R[] {
  const times = Object.keys(rows[0] ?? {}).filter((column) => /^at$|At$/.test(column));
  if (times.length > 0)
    for (const row of rows as Record<string, unknown>[])
      for (const column of times) if (typeof row[column] === "string") row[column] = new Date(row[column]);
  return rows;
}
