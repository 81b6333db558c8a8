import { codeOf } from "../../backlog/codes.ts";
import type { Builder } from "../builder.ts";
import { parseId } from "../ids.ts";
import { pageArgs } from "../lists/connection.ts";
import { BY_POSITION, type List, readPage } from "../lists/page.ts";
import { loadParent, loadRow } from "../lists/row.ts";
import type { Types } from "../types.ts";

const STORIES: List<"Story"> = {
  table: "Story",
  parent: "epicId",
  filter: [],
  order: BY_POSITION,
  descending: false,
};

/** Epics: their fields and how they are found. */
export function defineEpics(builder: Builder, types: Types): void {
  builder.prismaObjectFields(types.Epic, (t) => ({
    code: t.string({
      description: "What people call it by: E1, E2, … per project. It never changes and is never used again.",
      resolve: (epic) => codeOf("E", epic.number),
    }),
    title: t.exposeString("title"),
    description: t.exposeString("description", { nullable: true }),
    position: t.exposeInt("position"),
    project: t.field({
      type: types.Project,
      description: "The project that it belongs to.",
      resolve: (epic, _args, context, info) => loadParent(context, info, "Project", epic.projectId),
    }),
    stories: t.field({
      type: types.StoryConnection,
      description: "Its stories, by position.",
      args: pageArgs(builder),
      resolve: (epic, args, context, info) => readPage(context, info, STORIES, epic.id, args),
    }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    updatedAt: t.expose("updatedAt", { type: "DateTime" }),
  }));

  builder.queryField("epic", (t) =>
    t.field({
      type: types.Epic,
      nullable: true,
      description: "An epic; null where there is none with this id.",
      args: { id: t.arg.id({ required: true, description: "The epic's id." }) },
      resolve: (_root, { id }, context, info) => {
        const parsed = parseId(id);
        return parsed?.entity === "Epic" ? loadRow(context, info, "Epic", parsed.id) : null;
      },
    }),
  );
}
