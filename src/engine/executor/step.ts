import type { RunItemRow } from "../../pubsub/run-events.ts";
import { endedItems } from "../estimate.ts";
import { finishRun } from "../finish-run.ts";
import type { ItemWork, KindSession, RunKind } from "../kinds/run-kind.ts";
import { type RunChange, UNFINISHED } from "../run-change.ts";
import type { Outcome } from "./in-flight.ts";
import { type RetryDelay, type Settled, settleOutcomes } from "./settle-outcomes.ts";

export interface StepResult {
  /** Items that begin now: their row, what to do, and the event that tells of it. */
  readonly started: { readonly item: RunItemRow; readonly work: ItemWork<unknown>; readonly seq: number }[];
  /** Items of `next` that this step has dealt with, started ones included. */
  readonly taken: readonly string[];
  readonly again: Settled["again"];
}

export interface StepParts {
  readonly kind: RunKind;
  readonly session: KindSession;
  readonly outcomes: readonly Outcome[];
  /** Items whose turn it is, in order; at most `mayStart` of them begin, but any number may turn out to be skipped. */
  readonly next: readonly RunItemRow[];
  readonly mayStart: number;
  readonly inFlightLimit: number;
  readonly retryDelay: RetryDelay;
  /** Why the run ends before its items are done; null where it goes on. */
  readonly giveUp: string | null;
}

/**
 * One step of an execution, under the run's lock: saves what has come in, starts what may start, and finishes the run when
 * all its items have ended. It changes nothing outside the transaction, and knows what an earlier try of it has written, so that
 * it can be tried again, also where the commit was done and only its answer was lost.
 */
export async function takeStep(change: RunChange, parts: StepParts): Promise<StepResult> {
  const { kind, outcomes, next } = parts;
  const rows = await readItems(change, [...outcomes.map(({ item }) => item.id), ...next.map((item) => item.id)]);
  const { fatal, again } = await settleOutcomes(change, parts, outcomes, rows);
  const cause = fatal ?? parts.giveUp;
  if (cause !== null) {
    await change.endItems({ statuses: UNFINISHED }, "CANCELLED", null);
    if (fatal === null) change.log("WARN", cause);
    finishRun(change, kind.words, cause);
    return { started: [], taken: [], again: [] };
  }
  const result = await startItems(change, parts, rows);
  if (endedItems(change.run) === change.run.totalItems) finishRun(change, kind.words, null);
  return { ...result, again };
}

async function readItems(change: RunChange, ids: readonly string[]): Promise<Map<string, RunItemRow>> {
  if (ids.length === 0) return new Map();
  const rows = await change.tx.runItem.findMany({ where: { id: { in: [...ids] } } });
  return new Map(rows.map((row) => [row.id, row]));
}

async function startItems(
  change: RunChange,
  { session, next, mayStart, inFlightLimit, kind }: StepParts,
  rows: ReadonlyMap<string, RunItemRow>,
): Promise<Omit<StepResult, "again">> {
  const waiting = next.flatMap((item) => rows.get(item.id) ?? []).filter(mayBegin);
  const work = waiting.length > 0 ? await session.read(change.tx, waiting) : new Map<string, ItemWork<unknown>>();
  const started: StepResult["started"] = [];
  const taken: string[] = [];
  change.set({ inFlightLimit });
  for (const { id } of next) {
    if (started.length === mayStart) break;
    taken.push(id);
    const row = rows.get(id);
    if (row === undefined || !mayBegin(row)) continue;
    const todo = work.get(id);
    const skip = todo === undefined ? gone(kind.words.item) : todo.skip;
    if (todo === undefined || skip !== null) {
      change.updateItem(row, { status: "SKIPPED", error: skip, completedAt: change.at });
      continue;
    }
    change.set({ phaseDetail: `${row.code}: ${row.title}` });
    const attempts = row.status === "PENDING" ? row.attempts + 1 : row.attempts;
    const attempt = { status: "GENERATING", attempts, startedAt: change.at, error: null } as const;
    started.push({ ...change.updateItem(row, attempt), work: todo });
  }
  return { started, taken };
}

/** Nobody works on an item whose turn it is: one that is GENERATING was begun by a try of the step whose answer was lost. */
function mayBegin({ status }: RunItemRow): boolean {
  return status === "PENDING" || status === "GENERATING";
}

function gone(word: string): string {
  return `The ${word} was deleted.`;
}
