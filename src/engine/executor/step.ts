import { GenerationError } from "../../generation/generator.ts";
import type { RunItemRow } from "../../pubsub/run-events.ts";
import { endedItems } from "../estimate.ts";
import { finishRun } from "../finish-run.ts";
import type { ItemWork, KindSession, RunKind, Saved } from "../kinds/run-kind.ts";
import { type RunChange, UNFINISHED } from "../run-change.ts";
import { addUsage } from "../usage.ts";
import type { Outcome } from "./in-flight.ts";

/** Items looked at beyond those that may start, so that a row of skipped ones costs few transactions. */
const LOOK_AHEAD = 50;

export interface StepResult {
  /** Items that begin now: their row, what to do, and the event that tells of it. */
  readonly started: { readonly item: RunItemRow; readonly work: ItemWork<unknown>; readonly seq: number }[];
  /** Pending items that this step has dealt with, started ones included. */
  readonly taken: readonly string[];
}

/**
 * One step of an execution, under the run's lock: saves what has come in, starts what may start, and finishes the run when
 * all its items have ended. It changes nothing outside the transaction, so that it can be tried again.
 */
export async function takeStep(
  change: RunChange,
  parts: {
    kind: RunKind;
    session: KindSession;
    outcomes: readonly Outcome[];
    /** Items not started yet, in order; at most `mayStart` of them begin. */
    pending: readonly RunItemRow[];
    mayStart: number;
    inFlightLimit: number;
  },
): Promise<StepResult> {
  const { kind, session, outcomes } = parts;
  const next = parts.mayStart > 0 ? parts.pending.slice(0, parts.mayStart + LOOK_AHEAD) : [];
  const rows = await readItems(change, [...outcomes.map(({ item }) => item.id), ...next.map((item) => item.id)]);

  const fatal = await settleOutcomes(change, session, outcomes, rows, kind);
  if (fatal !== null) {
    await change.endItems({ statuses: UNFINISHED }, "CANCELLED", null);
    finishRun(change, kind.words, fatal);
    return { started: [], taken: [] };
  }
  const result = await startItems(change, session, next, rows, parts);
  if (endedItems(change.run) === change.run.totalItems) finishRun(change, kind.words, null);
  return result;
}

async function readItems(change: RunChange, ids: readonly string[]): Promise<Map<string, RunItemRow>> {
  if (ids.length === 0) return new Map();
  const rows = await change.tx.runItem.findMany({ where: { id: { in: [...ids] } } });
  return new Map(rows.map((row) => [row.id, row]));
}

/** Saves and tells of what came in; the message of a failure that every further item would meet, or null. */
async function settleOutcomes(
  change: RunChange,
  session: KindSession,
  outcomes: readonly Outcome[],
  rows: ReadonlyMap<string, RunItemRow>,
  { words }: RunKind,
): Promise<string | null> {
  // An item that is no longer GENERATING was taken from us (its story was deleted): only what it cost remains to be told.
  const ours = outcomes.filter(({ item }) => rows.get(item.id)?.status === "GENERATING");
  const done = ours.flatMap(({ item, result }) => ("output" in result ? [{ item, output: result.output }] : []));
  const saved = done.length > 0 ? await session.save(change.tx, done) : new Map<string, Saved | null>();
  let fatal: string | null = null;
  for (const { item, spent, result } of outcomes) {
    change.set(addUsage(change.run, spent));
    const row = rows.get(item.id);
    if (row?.status !== "GENERATING") continue;
    const ended = {
      ...addUsage(row, spent),
      completedAt: change.at,
      durationMs: change.at.getTime() - (row.startedAt ?? change.at).getTime(),
    };
    if ("error" in result) {
      const message = messageOf(result.error, change.run.id);
      if (result.error instanceof GenerationError && result.error.fatal) fatal ??= message;
      change.updateItem(row, { ...ended, status: "FAILED", error: message });
      change.log("ERROR", `${row.code}: ${message}`);
      continue;
    }
    const set = saved.get(item.id) ?? null;
    if (set === null) change.updateItem(row, { ...ended, status: "SKIPPED", error: gone(words.item) });
    else {
      const { createdCount, deletedCount, subtaskIds } = set;
      change.updateItem(row, { ...ended, status: "COMPLETED", createdCount, deletedCount }, subtaskIds);
    }
  }
  return fatal;
}

async function startItems(
  change: RunChange,
  session: KindSession,
  next: readonly RunItemRow[],
  rows: ReadonlyMap<string, RunItemRow>,
  { mayStart, inFlightLimit, kind }: { mayStart: number; inFlightLimit: number; kind: RunKind },
): Promise<StepResult> {
  const waiting = next.flatMap((item) => rows.get(item.id) ?? []).filter((row) => row.status === "PENDING");
  const work = waiting.length > 0 ? await session.read(change.tx, waiting) : new Map<string, ItemWork<unknown>>();
  const started: StepResult["started"] = [];
  const taken: string[] = [];
  change.set({ inFlightLimit });
  for (const { id } of next) {
    if (started.length === mayStart) break;
    taken.push(id);
    const row = rows.get(id);
    if (row?.status !== "PENDING") continue;
    const todo = work.get(id);
    const skip = todo === undefined ? gone(kind.words.item) : todo.skip;
    if (todo === undefined || skip !== null) {
      change.updateItem(row, { status: "SKIPPED", error: skip, completedAt: change.at });
      continue;
    }
    change.set({ phaseDetail: `${row.code}: ${row.title}` });
    const attempt = { status: "GENERATING", attempts: row.attempts + 1, startedAt: change.at, error: null } as const;
    started.push({ ...change.updateItem(row, attempt), work: todo });
  }
  return { started, taken };
}

function gone(word: string): string {
  return `The ${word} was deleted.`;
}

function messageOf(error: unknown, runId: string): string {
  if (error instanceof GenerationError) return error.message;
  return `Something went wrong on the server; its log says more under the run ${runId}. Retry the run.`;
}
