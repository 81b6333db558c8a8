import type { ObjectRef } from "@pothos/core";
import type { Builder } from "../builder.ts";
import type { Edge, Page, PageInfo } from "./page.ts";

type SchemaTypes = Builder["$inferSchemaTypes"];
type Connections = ReturnType<typeof defineConnections>;
export type DefineConnection = Connections["defineConnection"];

/** Relay's connections: `PageInfo`, the arguments, and what makes a connection type of a node type. */
export function defineConnections(builder: Builder) {
  const PageInfoType = builder.objectRef<PageInfo>("PageInfo").implement({
    description: "Where a page stands in its list.",
    fields: (t) => ({
      hasNextPage: t.exposeBoolean("hasNextPage", { description: "Whether rows follow." }),
      hasPreviousPage: t.exposeBoolean("hasPreviousPage", {
        description: "Whether rows come before.",
      }),
      startCursor: t.exposeString("startCursor", {
        nullable: true,
        description: "Cursor of the first row; null on an empty page.",
      }),
      endCursor: t.exposeString("endCursor", {
        nullable: true,
        description: "Cursor of the last row; null on an empty page.",
      }),
    }),
  });

  /** The connection and edge types over a node type, called after it; their fields resolve to a `Page`. */
  function defineConnection<Row>(
    name: string,
    node: ObjectRef<SchemaTypes, Row>,
    what: string,
  ): ObjectRef<SchemaTypes, Page<Row>> {
    const EdgeType = builder.objectRef<Edge<Row>>(`${name}Edge`).implement({
      description: "A row and its place in the list.",
      fields: (t) => ({
        cursor: t.exposeString("cursor", {
          description: "The row's place: pass it as `after` or `before`.",
        }),
        node: t.expose("node", { type: node, description: "The row." }),
      }),
    });
    return builder.objectRef<Page<Row>>(`${name}Connection`).implement({
      description: `A page of ${what}.`,
      fields: (t) => ({
        edges: t.field({
          type: [EdgeType],
          description: "The rows with their cursors, in order.",
          resolve: (page) => page.edges(),
        }),
        nodes: t.expose("nodes", { type: [node], description: "The rows, in order." }),
        pageInfo: t.field({
          type: PageInfoType,
          description: "Where this page stands.",
          resolve: (page) => page.pageInfo(),
        }),
        totalCount: t.int({
          description: "How many rows the whole list has.",
          resolve: (page) => page.totalCount(),
        }),
      }),
    });
  }

  return { defineConnection };
}

/** The four arguments of every connection. */
export function pageArgs(builder: Builder) {
  return builder.args((t) => ({
    first: t.int({
      description: "How many from the start: 1 to 200, 50 where neither `first` nor `last` is given.",
    }),
    after: t.string({ description: "Only what follows this cursor." }),
    last: t.int({ description: "How many from the end: 1 to 200." }),
    before: t.string({ description: "Only what comes before this cursor." }),
  }));
}
