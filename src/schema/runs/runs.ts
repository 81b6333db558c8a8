import type { RunRow } from "../../pubsub/run-events.ts";
import { formatCursor } from "../../pubsub/cursor.ts";
import { estimateRemainingMs, progressPercent } from "../../engine/estimate.ts";
import type { Builder } from "../builder.ts";
import { parseId } from "../ids.ts";
import { pageArgs } from "../lists/connection.ts";
import { batched, type List, readPage } from "../lists/page.ts";
import { allColumns } from "../lists/selected-columns.ts";
import { type PageRead, readPages } from "../../database/read-rows.ts";
import { ACTIVE } from "../../engine/run-change.ts";
import { clampInt } from "../../int.ts";
import type { Context } from "../context.ts";
import { loadParent, loadRow } from "../lists/row.ts";
import type { Types } from "../types.ts";
import { ITEMS } from "./run-items.ts";
import { LOGS } from "./run-logs.ts";
import type { defineUsage } from "./usage.ts";

const RUNS: List<"Run"> = {
  table: "Run",
  parent: null,
  filter: [],
  order: [
    { column: "createdAt", type: "timestamptz" },
    { column: "id", type: "uuid" },
  ],
  descending: true,
};

/** A run as it was at some moment: what its clock stands at is asked of that moment. */
export type RunAt = RunRow & { readonly asOf?: Date };

/** Runs: their fields and how they are found. */
export function defineRuns(builder: Builder, types: Types, Usage: ReturnType<typeof defineUsage>): void {
  builder.prismaObjectFields(types.Run, (t) => ({
    type: t.expose("type", { type: types.RunType }),
    status: t.expose("status", { type: types.RunStatus }),
    phase: t.expose("phase", { type: types.RunPhase }),
    phaseDetail: t.exposeString("phaseDetail", { nullable: true }),
    project: t.field({
      type: types.Project,
      description: "The project that it works on.",
      resolve: (run, _args, context, info) => loadParent(context, info, "Project", run.projectId),
    }),
    epic: t.field({
      type: types.Epic,
      nullable: true,
      description:
        "The epic whose stories are being split; null for a run over a whole project, or once it was deleted.",
      resolve: (run, _args, context, info) => (run.epicId === null ? null : loadRow(context, info, "Epic", run.epicId)),
    }),
    mode: t.expose("mode", { type: types.GenerationMode }),
    existingBehavior: t.expose("existingBehavior", { type: types.ExistingBehavior }),
    pacing: t.expose("pacing", { type: types.Pacing }),
    totalItems: t.exposeInt("totalItems"),
    completedItems: t.exposeInt("completedItems"),
    failedItems: t.exposeInt("failedItems"),
    skippedItems: t.exposeInt("skippedItems"),
    cancelledItems: t.exposeInt("cancelledItems"),
    progress: t.int({ description: "Share of items in a terminal state, 0 to 100.", resolve: progressPercent }),
    createdCount: t.exposeInt("createdCount"),
    currentItem: t.field({
      type: types.RunItem,
      nullable: true,
      description: "The item started last.",
      resolve: (run, _args, context, info) =>
        run.currentItemId === null ? null : loadRow(context, info, "RunItem", run.currentItemId),
    }),
    usage: t.field({ type: Usage, description: "What all its calls of the model took.", resolve: (run) => run }),
    elapsedMs: t.int({
      description: "Milliseconds since it was taken up; frozen once it ends, or at 2147483647 after 24.8 days.",
      resolve: (run: RunAt) => {
        const until = run.completedAt ?? run.asOf ?? new Date();
        return run.startedAt === null ? 0 : clampInt(Math.max(0, until.getTime() - run.startedAt.getTime()));
      },
    }),
    estimatedRemainingMs: t.int({
      nullable: true,
      description:
        "Milliseconds to its end, 2147483647 at most. Null while it cannot be told, and once the run has ended.",
      resolve: estimateRemainingMs,
    }),
    startCursor: t.string({
      description: "Stands before the run's first event: `runProgress(after:)` with it gives all of them.",
      resolve: (run) => formatCursor(run.id, 0),
    }),
    error: t.exposeString("error", { nullable: true }),
    retryOf: t.field({
      type: types.Run,
      nullable: true,
      description: "The run that this one retries.",
      resolve: (run, _args, context, info) =>
        run.retryOfId === null ? null : loadRow(context, info, "Run", run.retryOfId),
    }),
    items: t.field({
      type: types.RunItemConnection,
      description: "Its items, in the order in which they start.",
      args: {
        ...pageArgs(builder),
        status: t.arg({ type: [types.RunItemStatus], description: "Only items of these statuses." }),
      },
      resolve: (run, { status, ...args }, context, info) => readPage(context, info, ITEMS(status), run.id, args),
    }),
    logs: t.field({
      type: types.RunLogConnection,
      description: "Its log, oldest first.",
      args: pageArgs(builder),
      resolve: (run, args, context, info) => readPage(context, info, LOGS, run.id, args),
    }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    startedAt: t.expose("startedAt", { type: "DateTime", nullable: true }),
    heartbeatAt: t.expose("heartbeatAt", { type: "DateTime", nullable: true }),
    completedAt: t.expose("completedAt", { type: "DateTime", nullable: true }),
  }));

  builder.prismaObjectFields(types.Project, (t) => ({
    runs: t.field({
      type: types.RunConnection,
      description: "Its runs, newest first.",
      args: pageArgs(builder),
      resolve: (project, args, context, info) =>
        readPage(context, info, { ...RUNS, parent: "projectId" }, project.id, args),
    }),
    activeRun: t.field({
      type: types.Run,
      nullable: true,
      description: "Its queued or running run of a type: there is at most one.",
      args: { type: t.arg({ type: types.RunType, required: true, description: "The type of run." }) },
      resolve: (project, { type }, context) => loadActiveRun(context, project.id, type),
    }),
  }));

  const RunFilter = builder.inputType("RunFilter", {
    description: "Which runs. What is left out does not matter.",
    fields: (t) => ({
      projectId: t.id({ description: "Runs of this project." }),
      epicId: t.id({ description: "Runs over this epic." }),
      type: t.field({ type: types.RunType, description: "Runs of this type." }),
      status: t.field({ type: [types.RunStatus], description: "Runs with one of these statuses." }),
    }),
  });

  builder.queryFields((t) => ({
    run: t.field({
      type: types.Run,
      nullable: true,
      description: "A run; null where there is none with this id.",
      args: { id: t.arg.id({ required: true, description: "The run's id." }) },
      resolve: (_root, { id }, context, info) => {
        const parsed = parseId(id);
        return parsed?.entity === "Run" ? loadRow(context, info, "Run", parsed.id) : null;
      },
    }),
    runs: t.field({
      type: types.RunConnection,
      description: "Runs, newest first.",
      args: {
        filter: t.arg({ type: RunFilter, description: "Which runs; all where it is left out." }),
        ...pageArgs(builder),
      },
      resolve: (_root, { filter, ...args }, context, info) =>
        readPage(context, info, filtered(filter ?? {}), null, args),
    }),
  }));
}

/** The active run of a project, read together with those of other projects. */
async function loadActiveRun(context: Context, projectId: string, type: RunRow["type"]): Promise<RunRow | null> {
  const read: PageRead<"Run"> = {
    ...RUNS,
    parent: "projectId",
    filter: [
      { column: "type", type: "enum", values: [type] },
      { column: "status", type: "enum", values: ACTIVE },
    ],
    columns: allColumns("Run"),
    after: null,
    before: null,
    fromEnd: false,
    limit: 1,
  };
  const [run] = await batched<RunRow[]>(context, `active ${type}`, (ids) =>
    readPages(context.database, read, ids),
  ).load(projectId);
  return run ?? null;
}

interface Wanted {
  readonly projectId?: string | null;
  readonly epicId?: string | null;
  readonly type?: string | null;
  readonly status?: readonly string[] | null;
}

/** An id that is none of a project (or an epic) matches nothing. */
function filtered({ projectId, epicId, type, status }: Wanted): List<"Run"> {
  const id = (entity: "Project" | "Epic", globalId: string) => {
    const parsed = parseId(globalId);
    return parsed?.entity === entity ? [parsed.id] : [];
  };
  return {
    ...RUNS,
    filter: [
      ...(projectId != null ? [{ column: "projectId", type: "uuid" as const, values: id("Project", projectId) }] : []),
      ...(epicId != null ? [{ column: "epicId", type: "uuid" as const, values: id("Epic", epicId) }] : []),
      ...(type != null ? [{ column: "type", type: "enum" as const, values: [type] }] : []),
      ...(status ? [{ column: "status", type: "enum" as const, values: status }] : []),
    ],
  };
}
