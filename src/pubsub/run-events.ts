import type { Prisma, Transaction } from "../database/database.ts";

export type RunRow = Prisma.RunModel;
export type RunItemRow = Prisma.RunItemModel;
export type RunEventKind = Prisma.RunEventModel["kind"];
export type LogLevel = NonNullable<Prisma.RunEventModel["level"]>;

/** Statuses that no code path leaves again. */
export const TERMINAL_STATUSES = ["SUCCEEDED", "PARTIAL", "FAILED", "CANCELLED"] as const satisfies RunRow["status"][];

export function hasEnded(run: Pick<RunRow, "status">): boolean {
  return TERMINAL_STATUSES.some((status) => status === run.status);
}

/** What has just been saved for an item, by what it is. */
export interface SavedIds {
  readonly subtaskIds: readonly string[];
  readonly storyIds: readonly string[];
}

export const NOTHING_SAVED: SavedIds = { subtaskIds: [], storyIds: [] };

/** One entry of a run's log, with the run and the item as they were right after it. */
export interface RunEvent {
  readonly seq: number;
  readonly kind: RunEventKind;
  readonly at: Date;
  readonly run: RunRow;
  readonly item: RunItemRow | null;
  /** What has just been saved for the item. */
  readonly saved: SavedIds;
  readonly log: { readonly level: LogLevel; readonly message: string } | null;
}

/** Version of the shape of `data`; readers take missing and unknown keys, so that it changes only if their meaning does. */
const DATA_VERSION = 1;

/**
 * Writes events in the transaction of the changes that they tell of. Their numbers are the caller's: allocated under the
 * run's row lock, so that a run's events are gapless and in commit order.
 */
export async function appendEvents(tx: Transaction, events: readonly RunEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ seq, kind, at, run, item, saved, log }) => ({
    projectId: run.projectId,
    runId: run.id,
    seq,
    kind,
    at,
    itemId: item?.id ?? null,
    level: log?.level ?? null,
    message: log?.message ?? null,
    data: { v: DATA_VERSION, run: { ...run, request: undefined, idempotencyKey: undefined }, item, ...saved },
  }));
  await tx.$executeRaw`INSERT INTO "RunEvent" ("projectId", "runId", seq, kind, at, "itemId", level, message, data)
    SELECT "projectId", "runId", seq, kind, at, "itemId", level, message, data
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r("projectId" uuid, "runId" uuid, seq int, kind "RunEventKind",
      at timestamptz, "itemId" uuid, level "LogLevel", message text, data jsonb)`;
}

/** Up to `limit` events of a run after `seq`, in order. */
export async function readEvents(
  reader: Pick<Transaction, "runEvent">,
  runId: string,
  seq: number,
  limit: number,
): Promise<RunEvent[]> {
  const rows = await reader.runEvent.findMany({
    where: { runId, seq: { gt: seq } },
    orderBy: { seq: "asc" },
    take: limit,
  });
  return rows.map((row) => {
    const data = parseData(row.data);
    return {
      seq: row.seq,
      kind: row.kind,
      at: row.at,
      run: { ...EMPTY_RUN, ...revive(data["run"]), id: row.runId, projectId: row.projectId, seq: row.seq },
      item: row.itemId === null ? null : { ...reviveItem(data["item"]), id: row.itemId, runId: row.runId },
      saved: { subtaskIds: idsIn(data["subtaskIds"]), storyIds: idsIn(data["storyIds"]) },
      log: row.level === null ? null : { level: row.level, message: row.message ?? "" },
    };
  });
}

function parseData(data: Prisma.JsonValue): Record<string, unknown> {
  return typeof data === "object" && data !== null && !Array.isArray(data) ? data : {};
}

function idsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** An item as it was told, in JSON; columns that its teller did not know are empty. */
export function reviveItem(value: unknown): RunItemRow {
  return { ...EMPTY_ITEM, ...revive(value) };
}

/** Scalars as they were stored, with their times made times again. */
function revive(value: unknown): object {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).map(([key, held]) => [
      key,
      key.endsWith("At") && typeof held === "string" ? new Date(held) : held,
    ]),
  );
}

/** What stands for a column that an event was written without, by an older program. */
const EMPTY_RUN: RunRow = {
  id: "",
  projectId: "",
  epicId: null,
  retryOfId: null,
  type: "GENERATE_SUBTASKS",
  status: "RUNNING",
  phase: "GENERATING_SUBTASKS",
  phaseDetail: null,
  mode: "STANDARD",
  existingBehavior: "SKIP",
  pacing: "NORMAL",
  model: null,
  instructions: null,
  maxCostUsd: null,
  personaSet: null,
  totalItems: 0,
  completedItems: 0,
  failedItems: 0,
  skippedItems: 0,
  cancelledItems: 0,
  createdCount: 0,
  currentItemId: null,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costUsd: null,
  completedDurationMs: 0,
  inFlightLimit: 1,
  error: null,
  idempotencyKey: null,
  request: null,
  lease: 0,
  seq: 0,
  createdAt: new Date(0),
  startedAt: null,
  heartbeatAt: null,
  completedAt: null,
};

const EMPTY_ITEM: RunItemRow = {
  id: "",
  projectId: "",
  runId: "",
  storyId: null,
  epicId: null,
  code: "",
  title: "",
  status: "PENDING",
  position: 0,
  attempts: 0,
  createdCount: 0,
  deletedCount: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costUsd: null,
  durationMs: null,
  error: null,
  startedAt: null,
  completedAt: null,
};
