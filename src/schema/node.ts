import { brandWithType } from "@pothos/core";
import { GraphQLError, type GraphQLResolveInfo } from "graphql";
import type { Builder } from "./builder.ts";
import type { Context } from "./context.ts";
import { parseId } from "./ids.ts";
import { loadRow } from "./lists/row.ts";
import type { Types } from "./types.ts";

const MAX_IDS = 200;

/** `node` and `nodes`: whatever has a global id, by it. */
export function defineNode(builder: Builder, types: Types): void {
  builder.queryFields((t) => ({
    node: t.field({
      type: types.Node,
      nullable: true,
      description: "Whatever has this id; null where nothing has.",
      args: { id: t.arg.id({ required: true, description: "A global id of any type." }) },
      resolve: (_root, { id }, context, info) => loadNode(types, context, info, id),
    }),
    nodes: t.field({
      type: [types.Node],
      nullable: { list: false, items: true },
      description: "The same for many ids: in their order, with null where nothing has the id.",
      args: { ids: t.arg.idList({ required: true, description: `Up to ${MAX_IDS} global ids, of any types.` }) },
      resolve: (_root, { ids }, context, info) => {
        if (ids.length > MAX_IDS)
          throw new GraphQLError(
            `\`ids\` has ${ids.length} entries; it may have up to ${MAX_IDS}. Ask in several queries.`,
            {
              extensions: { code: "BAD_USER_INPUT" },
            },
          );
        return ids.map((id) => loadNode(types, context, info, id));
      },
    }),
  }));
}

async function loadNode(types: Types, context: Context, info: GraphQLResolveInfo, globalId: string) {
  const parsed = parseId(globalId);
  if (parsed === null) return null;
  const row = await loadRow(context, info, parsed.entity, parsed.id);
  // The row itself does not tell what it is of.
  brandWithType<Builder["$inferSchemaTypes"]>(row, types[parsed.entity]);
  return row;
}
