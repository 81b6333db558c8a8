import SchemaBuilder from "@pothos/core";
import ErrorsPlugin from "@pothos/plugin-errors";
import PrismaPlugin from "@pothos/plugin-prisma";
import { getDatamodel } from "../database/generated/pothos.ts";
import type PrismaTypes from "../database/generated/pothos.ts";
import type { Context } from "./context.ts";

export interface SchemaTypes {
  Context: Context;
  DefaultFieldNullability: false;
  PrismaTypes: PrismaTypes;
  Scalars: { DateTime: { Input: Date; Output: Date } };
}
export type Builder = ReturnType<typeof createBuilder>;

/** A Pothos builder as every type of ours is made with; holds no type yet but the root ones. Needs no database: it comes with the context. */
export function createBuilder() {
  const builder = new SchemaBuilder<SchemaTypes>({
    plugins: [ErrorsPlugin, PrismaPlugin],
    defaultFieldNullability: false,
    errors: {
      directResult: true,
      defaultUnionOptions: {
        name: ({ fieldName }) => `${fieldName.charAt(0).toUpperCase()}${fieldName.slice(1)}Result`,
        description: "What was done, or the typed error that says why nothing was.",
      },
    },
    prisma: {
      client: (context) => context.database.prisma,
      dmmf: getDatamodel(),
      exposeDescriptions: true,
    },
  });
  builder.queryType({ description: "Everything that can be read. Reading changes nothing." });
  builder.mutationType({
    description: "Everything that can be done. Each answers with its payload or a typed error.",
  });
  builder.subscriptionType({
    description: "What can be watched live, over WebSocket or server-sent events.",
  });
  builder.scalarType("DateTime", {
    description: "A moment as an RFC 3339 string in UTC, with milliseconds.",
    serialize: (value) => value.toISOString(),
    parseValue: (value) => {
      const date = typeof value === "string" ? new Date(value) : null;
      if (date === null || Number.isNaN(date.getTime()))
        throw new TypeError("DateTime wants an RFC 3339 string, such as 2026-11-23T10:00:00.000Z.");
      return date;
    },
  });
  return builder;
}
