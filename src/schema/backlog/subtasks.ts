import type { GraphQLResolveInfo } from "graphql";
import { codeOf } from "../../backlog/codes.ts";
import { readPrerequisites, type Rows } from "../../database/read-rows.ts";
import type { Builder } from "../builder.ts";
import type { Context } from "../context.ts";
import { batched } from "../lists/page.ts";
import { loadParent, loadRow } from "../lists/row.ts";
import { selectedColumns } from "../lists/selected-columns.ts";
import type { Types } from "../types.ts";

/** Subtasks: their fields. They are found through their story, or by `node`. */
export function defineSubtasks(builder: Builder, types: Types): void {
  builder.prismaObjectFields(types.Subtask, (t) => ({
    code: t.string({
      description:
        "What people call it by: ST1, ST2, … per story. It is never used again, and changes only when it moves to another story.",
      resolve: (subtask) => codeOf("ST", subtask.number),
    }),
    title: t.exposeString("title"),
    description: t.exposeString("description"),
    effort: t.expose("effort", { type: types.Effort }),
    acceptanceCriteria: t.exposeStringList("acceptanceCriteria"),
    dependsOn: t.field({
      type: [types.Subtask],
      description: "Subtasks of the same story that come first, by position; never a cycle.",
      resolve: (subtask, _args, context, info) => loadPrerequisites(context, info, subtask.id),
    }),
    coversCriteria: t.exposeIntList("coversCriteria"),
    status: t.expose("status", { type: types.SubtaskStatus }),
    origin: t.expose("origin", { type: types.SubtaskOrigin }),
    position: t.exposeInt("position"),
    story: t.field({
      type: types.Story,
      description: "The story that it is a piece of.",
      resolve: (subtask, _args, context, info) => loadParent(context, info, "Story", subtask.storyId),
    }),
    run: t.field({
      type: types.Run,
      nullable: true,
      description: "The run that made it; null where a person wrote it.",
      resolve: (subtask, _args, context, info) =>
        subtask.runId === null ? null : loadRow(context, info, "Run", subtask.runId),
    }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    updatedAt: t.expose("updatedAt", { type: "DateTime" }),
  }));
}

function loadPrerequisites(context: Context, info: GraphQLResolveInfo, subtaskId: string): Promise<Rows["Subtask"][]> {
  const columns = selectedColumns("Subtask", info, [[]], []);
  return batched<Rows["Subtask"][]>(context, `prerequisites ${columns.join()}`, (ids) =>
    readPrerequisites(context.database, columns, ids),
  ).load(subtaskId);
}
