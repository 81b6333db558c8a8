import { GraphQLError, type GraphQLResolveInfo } from "graphql";
import { readByIds, type Rows, type Table } from "../../database/read-rows.ts";
import type { Context } from "../context.ts";
import { batched } from "./page.ts";
import { selectedColumns } from "./selected-columns.ts";

/**
 * The row with this id, as far as the operation asks for it, read together with those that fields of the same level ask
 * for; null where it is gone.
 */
export function loadRow<T extends Table>(
  context: Context,
  info: GraphQLResolveInfo,
  table: T,
  id: string,
): Promise<Rows[T] | null> {
  const columns = selectedColumns(table, info, [[]], []);
  return batched<Rows[T] | null>(context, `row ${table} ${columns.join()}`, async (ids) => {
    const rows = await readByIds(context.database, table, columns, ids);
    return ids.map((wanted) => rows.get(wanted) ?? null);
  }).load(id);
}

/**
 * The same for a row that another one belongs to.
 * @throws GraphQLError where both have been deleted since that other one was read
 */
export async function loadParent<T extends Table>(
  context: Context,
  info: GraphQLResolveInfo,
  table: T,
  id: string,
): Promise<Rows[T]> {
  const row = await loadRow(context, info, table, id);
  if (row === null)
    throw new GraphQLError("What this belongs to was deleted while it was being read. Fetch it again.", {
      extensions: { code: "NOT_FOUND" },
    });
  return row;
}
