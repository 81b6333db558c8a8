import type { Builder } from "../builder.ts";
import type { List } from "../lists/page.ts";
import type { Types } from "../types.ts";

/** A run's log: those of its events that are lines of it. */
export const LOGS: List<"RunEvent"> = {
  table: "RunEvent",
  parent: "runId",
  filter: [{ column: "kind", type: "enum", values: ["LOGGED"] }],
  order: [{ column: "seq", type: "int" }],
  descending: false,
};

/** Lines of runs' logs. */
export function defineRunLogs(builder: Builder, types: Types): void {
  builder.prismaObjectFields(types.RunLogEntry, (t) => ({
    seq: t.exposeInt("seq"),
    level: t.field({
      type: types.LogLevel,
      description: "How much it matters.",
      resolve: (line) => line.level ?? "INFO",
    }),
    message: t.string({ description: "What happened, for people.", resolve: (line) => line.message ?? "" }),
    at: t.expose("at", { type: "DateTime" }),
  }));
}
