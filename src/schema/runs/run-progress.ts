import { GraphQLError } from "graphql";
import { formatCursor } from "../../pubsub/cursor.ts";
import type { Draft, Progress } from "../../pubsub/progress.ts";
import { allColumns } from "../lists/selected-columns.ts";
import type { Database } from "../../database/database.ts";
import { readByIds, type Rows } from "../../database/read-rows.ts";
import type { Builder } from "../builder.ts";
import { parseId } from "../ids.ts";
import type { Types } from "../types.ts";
import type { RunAt } from "./runs.ts";

/** The subscription `runProgress` and what it gives. */
export function defineRunProgress(builder: Builder, types: Types): void {
  const Kind = builder.enumType("RunProgressKind", {
    description: "What an event of a run tells of.",
    values: {
      SNAPSHOT: { description: "The run as it is when the watching begins." },
      RUN_UPDATED: { description: "The run itself changed; after a bulk change, all of its unfinished items did too." },
      ITEM_UPDATED: { description: "One item changed; drafts of its attempt before are void." },
      DRAFTED: { description: "The model has just finished writing something; it is not checked and saved yet." },
      LOGGED: { description: "A line of the run's log." },
    },
  });
  const DraftType = builder.objectRef<Draft>("Draft").implement({
    description:
      "A subtask (or story) as the model has just finished writing it, before its item's set is checked and saved.",
    fields: (t) => ({
      index: t.exposeInt("index", { description: "Place in its set, from 0." }),
      title: t.exposeString("title", { description: "Its title." }),
      description: t.exposeString("description", { description: "Its description." }),
      effort: t.expose("effort", {
        type: types.Effort,
        nullable: true,
        description: "How much work it is thought to be.",
      }),
    }),
  });
  const RunProgress = builder.objectRef<Progress>("RunProgress").implement({
    description: "Something that happened in a run, and how the run was right after it.",
    fields: (t) => ({
      kind: t.expose("kind", { type: Kind, description: "What it tells of. Ignore kinds that you do not know." }),
      seq: t.exposeInt("seq", {
        description: "Place in the run's events, from 1, without gaps. A DRAFTED has the seq of the event before it.",
      }),
      cursor: t.string({
        description: "Pass it as `after` to go on from here.",
        resolve: ({ run, seq }) => formatCursor(run.id, seq),
      }),
      at: t.expose("at", {
        type: "DateTime",
        description:
          "When it happened; never before what came earlier. A SNAPSHOT and a DRAFTED are of when the run was last heard of.",
      }),
      run: t.field({
        type: types.Run,
        description: "The run as it was right after this event, counters included; its lists and relations are of now.",
        resolve: ({ run, at }): RunAt => ({ ...run, asOf: at }),
      }),
      item: t.expose("item", {
        type: types.RunItem,
        nullable: true,
        description: "The item it is about, as it was then.",
      }),
      subtasks: t.field({
        type: [types.Subtask],
        description:
          "What has just been saved, with ITEM_UPDATED to COMPLETED, in a GENERATE_SUBTASKS run; else empty.",
        resolve: ({ saved }, _args, { database }) => readSaved(database, "Subtask", saved.subtaskIds),
      }),
      stories: t.field({
        type: [types.Story],
        description: "What has just been saved, with ITEM_UPDATED to COMPLETED, in a GENERATE_STORIES run; else empty.",
        resolve: ({ saved }, _args, { database }) => readSaved(database, "Story", saved.storyIds),
      }),
      draft: t.expose("draft", {
        type: DraftType,
        nullable: true,
        description: "What has been drafted, in a DRAFTED.",
      }),
      log: t.field({
        type: types.RunLogEntry,
        nullable: true,
        description: "The line, in a LOGGED.",
        resolve: ({ log, run }) =>
          log && { ...log, projectId: run.projectId, runId: run.id, kind: "LOGGED" as const, itemId: null, data: null },
      }),
    }),
  });

  builder.subscriptionField("runProgress", (t) =>
    t.field({
      type: RunProgress,
      description:
        "A run, live. Without `after`, the first event is a SNAPSHOT of the run as it is now; with `after` (the `cursor` of an event seen before), every event since then comes first, none twice, none missing, in order. The stream completes after the run's last event; on a run that has ended it gives one SNAPSHOT (or what came after `after`) and completes.",
      args: {
        runId: t.arg.id({ required: true, description: "The run to watch." }),
        after: t.arg.string({
          description: "The cursor of the last event seen; the run's `startCursor` for all of them.",
        }),
      },
      subscribe: (_root, { runId, after }, { feed }) => {
        const parsed = parseId(runId);
        if (parsed?.entity !== "Run")
          throw new GraphQLError("There is no run with this id.", { extensions: { code: "NOT_FOUND" } });
        return feed.watch(parsed.id, after ?? null);
      },
      resolve: (progress) => progress,
    }),
  );
}

/** What has been saved, as it is now; what was deleted since is left out. */
async function readSaved<T extends "Subtask" | "Story">(
  database: Database,
  table: T,
  ids: readonly string[],
): Promise<Rows[T][]> {
  if (ids.length === 0) return [];
  const rows = await readByIds(database, table, allColumns(table), ids);
  return ids.flatMap((id) => rows.get(id) ?? []).sort((a, b) => a.position - b.position);
}
