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
  /** Items of `retries` and `next` that this step has dealt with, started ones included. */
  readonly taken: readonly string[];
  /** Whether the first of `next` that is left needs a call, and so has to wait until one may start. */
  readonly held: boolean;
  readonly again: Settled["again"];
}

export interface StepParts {
  readonly kind: RunKind;
  readonly session: KindSession;
  readonly outcomes: readonly Outcome[];
  /** Items whose next try is due. */
  readonly retries: readonly RunItemRow[];
  /** Items whose turn it is, in order; at most `mayStart` of them begin, but any number may turn out to be skipped. */
  readonly next: readonly RunItemRow[];
  readonly mayStart: number;
  readonly inFlightLimit: number;
  readonly retryDelay: RetryDelay;
  /** Why the run ends without those of `next`, then all that there are, that are not skipped; null where it goes on. */
  readonly giveUp: string | null;
}

/**
 * One step of an execution, under the run's lock: saves what has come in, starts what may start, and finishes the run when
 * all its items have ended. It changes nothing outside the transaction, and knows what an earlier try of it has written, so that
 * it can be tried again, also where the commit was done and only its answer was lost.
 */
export async function takeStep(change: RunChange, parts: StepParts): Promise<StepResult> {
  const { kind, outcomes, retries, next, giveUp } = parts;
  const items = [...outcomes.map(({ item }) => item), ...retries, ...next];
  const rows = await readItems(
    change,
    items.map(({ id }) => id),
  );
  const { fatal, again } = await settleOutcomes(change, parts, outcomes, rows);
  if (fatal !== null) return endEarly(change, kind, fatal);
  const result = await startItems(change, parts, rows);
  if (endedItems(change.run) === change.run.totalItems) finishRun(change, kind.words, null);
  else if (giveUp !== null) {
    change.log("WARN", giveUp);
    return endEarly(change, kind, giveUp);
  }
  return { ...result, again };
}

async function endEarly(change: RunChange, kind: RunKind, cause: string): Promise<StepResult> {
  await change.endItems({ statuses: UNFINISHED }, "CANCELLED", null);
  finishRun(change, kind.words, cause);
  return { started: [], taken: [], held: false, again: [] };
}

/** The items of these ids that are there, as they are now. */
export async function readItems(change: RunChange, ids: readonly string[]): Promise<Map<string, RunItemRow>> {
  if (ids.length === 0) return new Map();
  const rows = await change.tx.runItem.findMany({ where: { id: { in: [...ids] } } });
  return new Map(rows.map((row) => [row.id, row]));
}

async function startItems(
  change: RunChange,
  { session, retries, next, mayStart, inFlightLimit, kind, giveUp }: StepParts,
  rows: ReadonlyMap<string, RunItemRow>,
): Promise<Omit<StepResult, "again">> {
  const waiting = [...retries, ...next].flatMap((item) => rows.get(item.id) ?? []).filter(mayBegin);
  const work = waiting.length > 0 ? await session.read(change.tx, waiting) : new Map<string, ItemWork<unknown>>();
  const started: StepResult["started"] = [];
  const taken: string[] = [];
  let held = false;
  change.set({ inFlightLimit });
  for (const { id } of retries) take(id, true);
  const most = started.length + mayStart;
  for (const { id } of next) {
    if (take(id, started.length < most)) continue;
    held = true;
    // Nobody looks at those behind it any more where the run ends here.
    if (giveUp === null) break;
  }
  return { started, taken, held };

  /** Skips an item, which needs nobody's leave, or starts it. @returns whether it is dealt with */
  function take(id: string, mayCall: boolean): boolean {
    const row = rows.get(id);
    if (row !== undefined && mayBegin(row)) {
      const todo = work.get(id);
      const skip = todo === undefined ? gone(kind.words.item) : todo.skip;
      if (todo === undefined || skip !== null)
        change.updateItem(row, { status: "SKIPPED", error: skip, completedAt: change.at });
      else if (mayCall) start(row, todo);
      else return false;
    }
    taken.push(id);
    return true;
  }

  function start(row: RunItemRow, todo: ItemWork<unknown>): void {
    change.set({ phaseDetail: `${row.code}: ${row.title}` });
    const attempts = row.status === "PENDING" ? row.attempts + 1 : row.attempts;
    const attempt = { status: "GENERATING", attempts, startedAt: change.at, error: null } as const;
    started.push({ ...change.updateItem(row, attempt), work: todo });
  }
}

/** Nobody works on an item whose turn it is: one that is GENERATING was begun by a try of the step whose answer was lost. */
function mayBegin({ status }: RunItemRow): boolean {
  return status === "PENDING" || status === "GENERATING";
}

function gone(word: string): string {
  return `The ${word} was deleted.`;
}
