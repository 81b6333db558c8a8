import { NOTHING_SAVED, type RunEvent, type RunItemRow, type RunRow } from "../../src/pubsub/run-events.ts";

// Runs, items and events that are in no database.

const RUN_ID = "01900000-0000-7000-8000-00000000000a";

export function runRow(told: Partial<RunRow> = {}): RunRow {
  return {
    id: RUN_ID,
    projectId: "01900000-0000-7000-8000-00000000000b",
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
    totalItems: 1,
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
    costUsd: 0,
    completedDurationMs: 0,
    inFlightLimit: 1,
    error: null,
    idempotencyKey: null,
    request: {},
    lease: 1,
    seq: 1,
    createdAt: new Date(),
    startedAt: new Date(),
    heartbeatAt: new Date(),
    completedAt: null,
    ...told,
  };
}

export function itemRow(told: Partial<RunItemRow> = {}): RunItemRow {
  return {
    id: "01900000-0000-7000-8000-00000000000c",
    projectId: "01900000-0000-7000-8000-00000000000b",
    runId: RUN_ID,
    storyId: null,
    epicId: null,
    code: "S1",
    title: "A story",
    status: "GENERATING",
    position: 0,
    attempts: 1,
    createdCount: 0,
    deletedCount: 0,
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    costUsd: 0,
    durationMs: null,
    error: null,
    startedAt: new Date(),
    completedAt: null,
    ...told,
  };
}

/** An event of a run that goes on, unless told otherwise. */
export function runEvent(seq: number, told: { run?: Partial<RunRow>; item?: RunItemRow } = {}): RunEvent {
  return {
    seq,
    kind: told.item === undefined ? "RUN_UPDATED" : "ITEM_UPDATED",
    at: new Date(),
    run: runRow({ seq, ...told.run }),
    item: told.item ?? null,
    saved: NOTHING_SAVED,
    log: null,
  };
}
