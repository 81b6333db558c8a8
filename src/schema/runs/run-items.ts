import type { Builder } from "../builder.ts";
import { BY_POSITION, type List } from "../lists/page.ts";
import { loadParent, loadRow } from "../lists/row.ts";
import type { Types } from "../types.ts";
import type { defineUsage } from "./usage.ts";

/** A run's items, or those of some statuses. */
export function ITEMS(status: readonly string[] | null | undefined): List<"RunItem"> {
  const filter = status ? [{ column: "status", type: "enum" as const, values: status }] : [];
  return { table: "RunItem", parent: "runId", filter, order: BY_POSITION, descending: false };
}

/** Items of runs. */
export function defineRunItems(builder: Builder, types: Types, Usage: ReturnType<typeof defineUsage>): void {
  builder.prismaObjectFields(types.RunItem, (t) => ({
    run: t.field({
      type: types.Run,
      description: "The run that it belongs to.",
      resolve: (item, _args, context, info) => loadParent(context, info, "Run", item.runId),
    }),
    story: t.field({
      type: types.Story,
      nullable: true,
      description: "The story being split, in a GENERATE_SUBTASKS run; null once it has been deleted.",
      resolve: (item, _args, context, info) =>
        item.storyId === null ? null : loadRow(context, info, "Story", item.storyId),
    }),
    epic: t.field({
      type: types.Epic,
      nullable: true,
      description: "The epic being filled, in a GENERATE_STORIES run; null once it has been deleted.",
      resolve: (item, _args, context, info) =>
        item.epicId === null ? null : loadRow(context, info, "Epic", item.epicId),
    }),
    code: t.exposeString("code"),
    title: t.exposeString("title"),
    status: t.expose("status", { type: types.RunItemStatus }),
    position: t.exposeInt("position"),
    attempts: t.exposeInt("attempts"),
    createdCount: t.exposeInt("createdCount"),
    deletedCount: t.exposeInt("deletedCount"),
    usage: t.field({ type: Usage, description: "What its calls of the model took.", resolve: (item) => item }),
    durationMs: t.exposeInt("durationMs", { nullable: true }),
    error: t.exposeString("error", { nullable: true }),
    startedAt: t.expose("startedAt", { type: "DateTime", nullable: true }),
    completedAt: t.expose("completedAt", { type: "DateTime", nullable: true }),
  }));
}
