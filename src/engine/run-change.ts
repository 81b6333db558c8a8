import { type Database, Prisma, type Transaction } from "../database/database.ts";
import {
  appendEvents,
  type LogLevel,
  NOTHING_SAVED,
  type RunEvent,
  type RunEventKind,
  type RunItemRow,
  type RunRow,
  type SavedIds,
} from "../pubsub/run-events.ts";
import { clampInt } from "../int.ts";
import { type EndedItems, type EngineObserver, UNOBSERVED } from "./observer.ts";
import { tellOfChange } from "./tell-of-change.ts";

export type RunPatch = Partial<Omit<RunRow, "id" | "projectId" | "seq" | "request">>;
export type ItemPatch = Partial<Omit<RunItemRow, "id" | "projectId" | "runId" | "position">>;
type RunStatus = RunRow["status"];
type ItemStatus = RunItemRow["status"];

export const ACTIVE: readonly RunStatus[] = ["QUEUED", "RUNNING"];
/** Statuses that an item leaves again. */
export const UNFINISHED: readonly ItemStatus[] = ["PENDING", "GENERATING", "SAVING"];

/** Those that this program knows: a newer one, beside it on the same database, may have added some, which are not its to write. */
const RUN_COLUMNS = Prisma.raw(
  Object.values(Prisma.RunScalarFieldEnum)
    .map((column) => `"${column}"`)
    .join(", "),
);

/** Which counter of the run a terminal status of an item counts in. */
const COUNTER = {
  COMPLETED: "completedItems",
  FAILED: "failedItems",
  SKIPPED: "skippedItems",
  CANCELLED: "cancelledItems",
} as const;

/** Stories and epics that items are made from. */
export interface ItemTargets {
  readonly storyIds: readonly string[];
  readonly epicIds: readonly string[];
}

/** A run under its row lock, with the changes made to it so far; every event holds the state right after it. */
export interface RunChange {
  readonly tx: Transaction;
  readonly run: RunRow;
  /** The moment of this change; never before that of an earlier one. */
  readonly at: Date;
  /** Changes the run without telling of it. */
  set(patch: RunPatch): void;
  /** Changes the run and tells of it. */
  update(patch: RunPatch): void;
  /** Changes an item and tells of it, counters of the run included; the item as it is now, and the event's seq. */
  updateItem(item: RunItemRow, patch: ItemPatch, saved?: SavedIds): { item: RunItemRow; seq: number };
  /** Moves all items of these statuses to a terminal one, counted but untold: follow it with `update`. */
  endItems(
    where: { statuses: readonly ItemStatus[]; of?: ItemTargets },
    status: "SKIPPED" | "CANCELLED",
    error: string | null,
  ): Promise<number>;
  log(level: LogLevel, message: string): void;
}

/** Which run may be changed: one of these statuses, and held by this lease where one is given. */
export interface RunGuard {
  readonly runId: string;
  readonly statuses: readonly RunStatus[];
  readonly lease?: number;
}

/** What a change did. */
export interface Changed<T> {
  readonly result: T;
  /** As it is now. */
  readonly run: RunRow;
  /** Tells an observer of it; to be called after the commit. */
  tell(observer: EngineObserver): void;
}

/**
 * The one way in which a run changes. Locks the run's row if it is as `guard` says, lets `work` change it, then writes the
 * run, its items and the events that tell of it, all in one transaction: so that a terminal status is final, events are
 * gapless and in commit order, and an executor that lost its lease writes nothing.
 * Lock order: the run, then items, then the backlog.
 * @returns what `work` returned and the run as it is now; null, with nothing changed, where the guard did not hold
 */
export async function changeRun<T>(
  tx: Transaction,
  guard: RunGuard,
  work: (change: RunChange) => Promise<T> | T,
): Promise<Changed<T> | null> {
  const [locked] = await tx.$queryRaw<RunRow[]>`SELECT ${RUN_COLUMNS} FROM "Run" WHERE id = ${guard.runId}::uuid
    AND status::text = ANY(${guard.statuses}::text[]) AND (${guard.lease ?? null}::int IS NULL OR lease = ${guard.lease ?? null}::int)
    FOR NO KEY UPDATE`;
  if (locked === undefined) return null;
  const at = new Date(Math.max(Date.now(), (locked.heartbeatAt ?? locked.createdAt).getTime()));
  let run = locked;
  const items = new Map<string, RunItemRow>();
  const events: RunEvent[] = [];
  const ended: { outcome: EndedItems["outcome"]; count: number; durationMs: number | null }[] = [];

  function tell(kind: RunEventKind, about: Partial<Pick<RunEvent, "item" | "saved" | "log">> = {}): void {
    run = { ...run, seq: run.seq + 1, heartbeatAt: at };
    events.push({ seq: run.seq, kind, at, run, item: null, saved: NOTHING_SAVED, log: null, ...about });
  }

  const change: RunChange = {
    tx,
    at,
    get run() {
      return run;
    },
    set(patch) {
      run = { ...run, ...patch };
    },
    update(patch) {
      run = { ...run, ...patch };
      tell("RUN_UPDATED");
    },
    updateItem(before, patch, saved = NOTHING_SAVED) {
      const item = fitting({ ...before, ...patch });
      items.set(item.id, item);
      run = { ...run, ...counted(run, before.status, item) };
      const { status: outcome, durationMs } = item;
      if (hasItemEnded(outcome) && before.status !== outcome) ended.push({ outcome, count: 1, durationMs });
      if (item.status === "GENERATING") run = { ...run, currentItemId: item.id };
      tell("ITEM_UPDATED", { item, saved });
      return { item, seq: run.seq };
    },
    async endItems({ statuses, of }, status, error) {
      // What this change has ended already must not be ended, and counted, again.
      await writeItems(tx, [...items.values()]);
      items.clear();
      const count =
        await tx.$executeRaw`UPDATE "RunItem" SET status = ${status}::"RunItemStatus", error = ${error}, "completedAt" = ${at}
        WHERE "runId" = ${run.id}::uuid AND status::text = ANY(${statuses}::text[])
          AND (${of === undefined} OR "storyId" = ANY(${of?.storyIds ?? []}::uuid[])
            OR "epicId" = ANY(${of?.epicIds ?? []}::uuid[]))`;
      run = { ...run, [COUNTER[status]]: run[COUNTER[status]] + count };
      ended.push({ outcome: status, count, durationMs: null });
      return count;
    },
    log(level, message) {
      tell("LOGGED", { log: { level, message } });
    },
  };

  const result = await work(change);
  await writeItems(tx, [...items.values()]);
  if (run !== locked) await writeRun(tx, run);
  await appendEvents(tx, events);
  return { result, run, tell: (observer) => tellOfChange(observer, { before: locked, after: run, ended }) };
}

/** `changeRun` in a transaction of its own, of which `observer` hears. */
export async function changeRunNow<T>(
  database: Database,
  guard: RunGuard,
  work: (change: RunChange) => Promise<T> | T,
  observer: EngineObserver = UNOBSERVED,
): Promise<Changed<T> | null> {
  const changed = await database.transaction((tx) => changeRun(tx, guard, work));
  changed?.tell(observer);
  return changed;
}

function hasItemEnded(status: ItemStatus): status is keyof typeof COUNTER {
  return status in COUNTER;
}

/** A machine that slept for a month, or whose clock was put right, makes a duration that its column does not hold. */
function fitting(item: RunItemRow): RunItemRow {
  return item.durationMs === null ? item : { ...item, durationMs: clampInt(item.durationMs) };
}

function counted(run: RunRow, before: ItemStatus, item: RunItemRow): RunPatch {
  if (!hasItemEnded(item.status) || before === item.status) return {};
  const counter = COUNTER[item.status];
  const completed = item.status === "COMPLETED";
  return {
    [counter]: run[counter] + 1,
    createdCount: run.createdCount + (completed ? item.createdCount : 0),
    completedDurationMs: clampInt(run.completedDurationMs + (completed ? (item.durationMs ?? 0) : 0)),
  };
}

async function writeRun(tx: Transaction, run: RunRow): Promise<void> {
  const { id, projectId, request: _request, ...data } = run;
  await tx.run.updateMany({ where: { id, projectId }, data });
}

async function writeItems(tx: Transaction, items: readonly RunItemRow[]): Promise<void> {
  if (items.length === 0) return;
  await tx.$executeRaw`UPDATE "RunItem" i SET status = r.status, attempts = r.attempts, "createdCount" = r."createdCount",
      "deletedCount" = r."deletedCount", "inputTokens" = r."inputTokens", "outputTokens" = r."outputTokens",
      "cacheReadTokens" = r."cacheReadTokens", "cacheWriteTokens" = r."cacheWriteTokens", "costUsd" = r."costUsd",
      "durationMs" = r."durationMs", error = r.error, "startedAt" = r."startedAt", "completedAt" = r."completedAt"
    FROM jsonb_to_recordset(${JSON.stringify(items)}::jsonb) AS r(id uuid, status "RunItemStatus", attempts int, "createdCount" int,
      "deletedCount" int, "inputTokens" int, "outputTokens" int, "cacheReadTokens" int, "cacheWriteTokens" int,
      "costUsd" float8, "durationMs" int, error text, "startedAt" timestamptz, "completedAt" timestamptz)
    WHERE i.id = r.id`;
}
