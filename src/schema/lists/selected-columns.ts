import { type FieldNode, type GraphQLResolveInfo, Kind, type SelectionSetNode } from "graphql";
import { Prisma } from "../../database/database.ts";
import type { Column, Table } from "../../database/read-rows.ts";

// Which columns the fields that an operation selects are made of: what nobody asked for is not read.

const COLUMNS: { readonly [T in Table]: readonly Column<T>[] } = {
  Project: Object.values(Prisma.ProjectScalarFieldEnum),
  Epic: Object.values(Prisma.EpicScalarFieldEnum),
  Story: Object.values(Prisma.StoryScalarFieldEnum),
  Subtask: Object.values(Prisma.SubtaskScalarFieldEnum),
  Run: Object.values(Prisma.RunScalarFieldEnum),
  RunItem: Object.values(Prisma.RunItemScalarFieldEnum),
  RunEvent: Object.values(Prisma.RunEventScalarFieldEnum),
};

/** Columns of fields that are not called like their column. A field that stands in neither place reads the whole row. */
const MADE_OF: Readonly<Record<string, readonly string[]>> = {
  code: ["number"],
  project: ["projectId"],
  epic: ["epicId"],
  story: ["storyId"],
  run: ["runId"],
  retryOf: ["retryOfId"],
  currentItem: ["currentItemId"],
  usage: ["inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens", "costUsd"],
  startCursor: [],
  items: [],
  logs: [],
  runs: [],
  activeRun: [],
  epics: [],
  stories: [],
  subtasks: [],
  dependsOn: [],
  uncoveredCriteria: [],
  __typename: [],
};

export function allColumns<T extends Table>(table: T): readonly Column<T>[] {
  return COLUMNS[table];
}

/**
 * The columns that a field's selection needs of a table's rows. `path` leads from the field to the rows: `[]` where the
 * field is one row, `["nodes"]` and `["edges", "node"]` in a connection. The row's id is always among them.
 */
export function selectedColumns<T extends Table>(
  table: T,
  info: GraphQLResolveInfo,
  paths: readonly (readonly string[])[],
  always: readonly string[],
): readonly Column<T>[] {
  const fields = new Set<string>();
  for (const path of paths) collect(table, info.fieldNodes, path, info, fields);
  const known: readonly string[] = COLUMNS[table];
  const wanted = new Set<string>(["id", ...always]);
  for (const field of fields) {
    const columns = known.includes(field) ? [field] : MADE_OF[field];
    if (columns === undefined) return COLUMNS[table];
    for (const column of columns) wanted.add(column);
  }
  return COLUMNS[table].filter((column) => wanted.has(column));
}

/** Names of the fields selected at the end of `path`, through fragments; directives are read as if they included. */
function collect(
  table: Table,
  nodes: readonly FieldNode[],
  path: readonly string[],
  info: GraphQLResolveInfo,
  into: Set<string>,
): void {
  const children: FieldNode[] = [];
  for (const node of nodes) if (node.selectionSet) flatten(table, node.selectionSet, info, children);
  const [next, ...rest] = path;
  if (next === undefined) for (const child of children) into.add(child.name.value);
  else
    collect(
      table,
      children.filter((child) => child.name.value === next),
      rest,
      info,
      into,
    );
}

function flatten(table: Table, selectionSet: SelectionSetNode, info: GraphQLResolveInfo, into: FieldNode[]): void {
  for (const selection of selectionSet.selections) {
    if (selection.kind === Kind.FIELD) {
      into.push(selection);
      continue;
    }
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : info.fragments[selection.name.value];
    const type = fragment?.typeCondition?.name.value;
    // Where rows of several tables may come (`node`), what is asked of the others does not concern this one.
    if (fragment && (type === undefined || type === table || !Object.hasOwn(COLUMNS, type)))
      flatten(table, fragment.selectionSet, info, into);
  }
}
