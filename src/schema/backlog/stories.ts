import { codeOf } from "../../backlog/codes.ts";
import { readUncoveredCriteria } from "../../backlog/uncovered-criteria.ts";
import type { Builder } from "../builder.ts";
import { parseId } from "../ids.ts";
import { pageArgs } from "../lists/connection.ts";
import { batched, BY_POSITION, type List, readPage } from "../lists/page.ts";
import { loadParent, loadRow } from "../lists/row.ts";
import type { Types } from "../types.ts";

const SUBTASKS: List<"Subtask"> = {
  table: "Subtask",
  parent: "storyId",
  filter: [],
  order: BY_POSITION,
  descending: false,
};

/** Stories: their fields and how they are found. */
export function defineStories(builder: Builder, types: Types): void {
  builder.prismaObjectFields(types.Story, (t) => ({
    code: t.string({
      description: "What people call it by: S1, S2, … per project. It never changes and is never used again.",
      resolve: (story) => codeOf("S", story.number),
    }),
    title: t.exposeString("title"),
    persona: t.exposeString("persona", { nullable: true }),
    narrative: t.exposeString("narrative", { nullable: true }),
    description: t.exposeString("description", { nullable: true }),
    acceptanceCriteria: t.exposeStringList("acceptanceCriteria"),
    priority: t.expose("priority", { type: types.Priority, nullable: true }),
    effort: t.expose("effort", { type: types.Effort, nullable: true }),
    position: t.exposeInt("position"),
    epic: t.field({
      type: types.Epic,
      description: "The epic that it belongs to.",
      resolve: (story, _args, context, info) => loadParent(context, info, "Epic", story.epicId),
    }),
    subtasks: t.field({
      type: types.SubtaskConnection,
      description: "Its subtasks, by position.",
      args: pageArgs(builder),
      resolve: (story, args, context, info) => readPage(context, info, SUBTASKS, story.id, args),
    }),
    uncoveredCriteria: t.intList({
      description: "Its acceptance criteria that no subtask covers (0-based).",
      resolve: (story, _args, context) =>
        batched<number[]>(context, "uncovered", (ids) => readUncoveredCriteria(context.database, ids)).load(story.id),
    }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    updatedAt: t.expose("updatedAt", { type: "DateTime" }),
  }));

  builder.queryField("story", (t) =>
    t.field({
      type: types.Story,
      nullable: true,
      description: "A story; null where there is none with this id.",
      args: { id: t.arg.id({ required: true, description: "The story's id." }) },
      resolve: (_root, { id }, context, info) => {
        const parsed = parseId(id);
        return parsed?.entity === "Story" ? loadRow(context, info, "Story", parsed.id) : null;
      },
    }),
  );
}
