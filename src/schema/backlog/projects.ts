import type { Builder } from "../builder.ts";
import { parseId } from "../ids.ts";
import { pageArgs } from "../lists/connection.ts";
import { BY_POSITION, type List, readPage } from "../lists/page.ts";
import { loadRow } from "../lists/row.ts";
import type { Types } from "../types.ts";

// Ids begin with the time they were made at: their order is that of creation, and the primary key serves it.
const PROJECTS: List<"Project"> = {
  table: "Project",
  parent: null,
  filter: [],
  order: [{ column: "id", type: "uuid" }],
  descending: false,
};
const EPICS: List<"Epic"> = {
  table: "Epic",
  parent: "projectId",
  filter: [],
  order: BY_POSITION,
  descending: false,
};

/** Projects: their fields and how they are found. What they have of runs is defined with the runs. */
export function defineProjects(builder: Builder, types: Types): void {
  builder.prismaObjectFields(types.Project, (t) => ({
    name: t.exposeString("name"),
    description: t.exposeString("description", { nullable: true }),
    context: t.exposeString("context", { nullable: true }),
    epics: t.field({
      type: types.EpicConnection,
      description: "Its epics, by position.",
      args: pageArgs(builder),
      resolve: (project, args, context, info) => readPage(context, info, EPICS, project.id, args),
    }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    updatedAt: t.expose("updatedAt", { type: "DateTime" }),
  }));

  builder.queryFields((t) => ({
    projects: t.field({
      type: types.ProjectConnection,
      description: "All projects, in the order in which they were made.",
      args: pageArgs(builder),
      resolve: (_root, args, context, info) => readPage(context, info, PROJECTS, null, args),
    }),
    project: t.field({
      type: types.Project,
      nullable: true,
      description: "A project; null where there is none with this id.",
      args: { id: t.arg.id({ required: true, description: "The project's id." }) },
      resolve: (_root, { id }, context, info) => {
        const parsed = parseId(id);
        return parsed?.entity === "Project" ? loadRow(context, info, "Project", parsed.id) : null;
      },
    }),
  }));
}
