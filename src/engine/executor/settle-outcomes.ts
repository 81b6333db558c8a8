import { GenerationError, type RetryAdvice } from "../../generation/generator.ts";
import type { RunItemRow } from "../../pubsub/run-events.ts";
import type { KindSession, RunKind, Saved } from "../kinds/run-kind.ts";
import type { RunChange } from "../run-change.ts";
import { addUsage, isSpent } from "../usage.ts";
import { AbortedCall, type Outcome } from "./in-flight.ts";

export interface Settled {
  /** The message of a failure that every further item would meet, or null. */
  readonly fatal: string | null;
  /** Items that wait for another try. */
  readonly again: {
    readonly item: RunItemRow;
    readonly delayMs: number;
    /** Whether the provider named the time. */
    readonly asked: boolean;
  }[];
}

/** What only the executor that holds the run makes of an item that it was generating. */
const SETTLED: ReadonlySet<RunItemRow["status"]> = new Set(["PENDING", "COMPLETED", "FAILED"]);

/** Milliseconds until the next try of an item, or null where its failure stands. */
export type RetryDelay = (itemId: string, advice: RetryAdvice) => number | null;

/** Saves and tells of what calls of the generator gave: sets, failures, and failures that may pass. */
export async function settleOutcomes(
  change: RunChange,
  parts: { kind: RunKind; session: KindSession; retryDelay: RetryDelay },
  outcomes: readonly Outcome[],
  rows: ReadonlyMap<string, RunItemRow>,
): Promise<Settled> {
  const ours = outcomes.filter(({ item }) => rows.get(item.id)?.status === "GENERATING");
  const done = ours.flatMap(({ item, result }) => ("output" in result ? [{ item, output: result.output }] : []));
  const saved = done.length > 0 ? await parts.session.save(change.tx, done) : new Map<string, Saved | null>();
  const again: Settled["again"] = [];
  let fatal: string | null = null;
  for (const { item, spent, result } of outcomes) {
    const row = rows.get(item.id);
    const failure = "error" in result && result.error instanceof GenerationError ? result.error : null;
    const delayMs = failure?.retry ? parts.retryDelay(item.id, failure.retry) : null;
    const asked = typeof failure?.retry?.afterMs === "number";
    if (row !== undefined && SETTLED.has(row.status)) {
      // This very outcome was written by an earlier try of the step, whose commit was done and its answer lost.
      if (row.status === "PENDING") again.push({ item: row, delayMs: delayMs ?? 0, asked });
      continue;
    }
    change.set(addUsage(change.run, spent));
    // Otherwise it was taken from us (its story was deleted): only what it cost remained to be told.
    if (row?.status !== "GENERATING") continue;
    const called = { ...row, ...addUsage(row, spent) };
    if ("output" in result) {
      complete(change, called, saved.get(item.id) ?? null, parts.kind);
      continue;
    }
    // Broken off for a fatal failure before it: it ends with the run.
    if (fatal !== null && result.error instanceof AbortedCall) {
      if (isSpent(spent)) change.updateItem(called, {});
      continue;
    }
    const message = messageOf(result.error, change.run.id);
    if (failure !== null && delayMs !== null) {
      const waiting = change.updateItem(called, { status: "PENDING" }).item;
      change.log("WARN", `${row.code}: ${failure.happened} Trying again in ${seconds(delayMs)} s.`);
      again.push({ item: waiting, delayMs, asked });
      continue;
    }
    if (failure?.fatal) fatal ??= message;
    change.updateItem(called, { ...ending(change, row), status: "FAILED", error: message });
    change.log("ERROR", `${row.code}: ${message}`);
  }
  return { fatal, again };
}

function complete(change: RunChange, item: RunItemRow, saved: Saved | null, { words }: RunKind): void {
  if (saved === null) {
    change.updateItem(item, { ...ending(change, item), status: "SKIPPED", error: `The ${words.item} was deleted.` });
    return;
  }
  const { createdCount, deletedCount, created } = saved;
  change.updateItem(item, { ...ending(change, item), status: "COMPLETED", createdCount, deletedCount }, created);
  for (const warning of saved.warnings) change.log("WARN", `${item.code}: ${warning}`);
}

function ending({ at }: RunChange, item: RunItemRow) {
  return { completedAt: at, durationMs: at.getTime() - (item.startedAt ?? at).getTime() };
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}

function messageOf(error: unknown, runId: string): string {
  if (error instanceof GenerationError) return error.message;
  return `Something went wrong on the server; its log says more under the run ${runId}. Retry the run.`;
}
