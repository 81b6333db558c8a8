import DataLoader from "dataloader";
import { GraphQLError, type GraphQLResolveInfo } from "graphql";
import {
  countRows,
  type CursorValue,
  type ListRead,
  type OrderKey,
  type PageRead,
  readPages,
  type Rows,
  type Table,
} from "../../database/read-rows.ts";
import type { Context } from "../context.ts";
import { selectedColumns } from "./selected-columns.ts";

const DEFAULT_SIZE = 50;
const MAX_SIZE = 200;

export interface PageArgs {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

/** A list that pages: rows of a table, of one parent or of none, in an order that no two rows share. */
export interface List<T extends Table> extends ListRead<T> {
  readonly order: readonly OrderKey[];
  readonly descending: boolean;
}

export interface Edge<Row> {
  readonly cursor: string;
  readonly node: Row;
}

export interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

/** A page of a list. What costs something is made when it is asked for. */
export interface Page<Row> {
  readonly nodes: Row[];
  edges(): Edge<Row>[];
  pageInfo(): PageInfo;
  /** Counts the whole list. */
  totalCount(): Promise<number>;
}

export const BY_POSITION: readonly OrderKey[] = [
  { column: "position", type: "int", shifts: true },
  { column: "id", type: "uuid" },
];

/** The list's rows that `args` ask for, read together with the same page of other parents. */
export async function readPage<T extends Table>(
  context: Context,
  info: GraphQLResolveInfo,
  list: List<T>,
  parentId: string | null,
  args: PageArgs,
): Promise<Page<Rows[T]>> {
  const size = pageSize(args);
  const fromEnd = typeof args.last === "number";
  const read: PageRead<T> = {
    ...list,
    columns: selectedColumns(
      list.table,
      info,
      [["nodes"], ["edges", "node"]],
      list.order.map((key) => key.column),
    ),
    after: parseCursor(list.order, "after", args.after),
    before: parseCursor(list.order, "before", args.before),
    fromEnd,
    limit: size + 1,
  };
  const found = await batched<Rows[T][]>(context, `page ${JSON.stringify(read)}`, (ids) =>
    readPages(context.database, read, ids),
  ).load(parentId ?? "");
  const more = found.length > size;
  const nodes = fromEnd ? found.slice(-size) : found.slice(0, size);
  const cursorOf = (row: Rows[T] | undefined) => (row === undefined ? null : formatCursor(list.order, row));
  return {
    nodes,
    edges: () => nodes.map((node) => ({ cursor: formatCursor(list.order, node), node })),
    pageInfo: () => ({
      hasNextPage: fromEnd ? read.before !== null : more,
      hasPreviousPage: fromEnd ? more : read.after !== null,
      startCursor: cursorOf(nodes[0]),
      endCursor: cursorOf(nodes.at(-1)),
    }),
    totalCount: () =>
      batched<number>(context, `count ${JSON.stringify({ ...list, order: undefined })}`, (ids) =>
        countRows(context.database, list, ids),
      ).load(parentId ?? ""),
  };
}

/**
 * The operation's loader of this name. An id asked for twice at the same moment is read once; answers are not kept, so
 * that what a mutation changed is read anew.
 */
export function batched<V>(
  context: Context,
  name: string,
  read: (ids: readonly string[]) => Promise<readonly V[]>,
): DataLoader<string, V> {
  const known = context.loaders.get(name) as DataLoader<string, V> | undefined;
  if (known !== undefined) return known;
  const loader = new DataLoader<string, V>((ids) => {
    loader.clearAll();
    return read(ids);
  });
  context.loaders.set(name, loader);
  return loader;
}

function pageSize({ first, last }: PageArgs): number {
  if (typeof first === "number" && typeof last === "number")
    throw invalidPage("Give either `first` or `last`, not both.");
  const [name, size] = typeof last === "number" ? ["last", last] : ["first", first ?? DEFAULT_SIZE];
  if (size < 1 || size > MAX_SIZE) throw invalidPage(`\`${name}\` is ${size}; it must be from 1 to ${MAX_SIZE}.`);
  return size;
}

function formatCursor(order: readonly OrderKey[], row: object): string {
  const values = order.map(({ column }) => (row as Record<string, unknown>)[column]);
  return Buffer.from(JSON.stringify(values)).toString("base64url");
}

const FORMS: Record<OrderKey["type"], (value: unknown) => boolean> = {
  int: (value) => Number.isSafeInteger(value) && Math.abs(Number(value)) < 2 ** 31,
  uuid: (value) => typeof value === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value),
  // Spelled as we spell it, which no 30th of February is; and PostgreSQL knows no year 0.
  timestamptz: (value) =>
    typeof value === "string" &&
    /^(?!0000)\d{4}-/.test(value) &&
    !Number.isNaN(Date.parse(value)) &&
    new Date(value).toISOString() === value,
};

function parseCursor(
  order: readonly OrderKey[],
  name: string,
  cursor: string | null | undefined,
): CursorValue[] | null {
  if (cursor === null || cursor === undefined) return null;
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (Array.isArray(values) && values.length === order.length && order.every((key, i) => FORMS[key.type](values[i])))
      return values;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw invalidPage(
    `\`${name}\` is not a cursor of this list. Pass the \`cursor\` of an edge, or \`startCursor\` or \`endCursor\`.`,
  );
}

function invalidPage(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: "BAD_USER_INPUT" } });
}
