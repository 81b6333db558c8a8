import {
  type LogLevel,
  NOTHING_SAVED,
  type RunEvent,
  type RunItemRow,
  type RunRow,
  type SavedIds,
} from "./run-events.ts";

/** A subtask (or story) as it has just been written, before its item's set is checked and saved. */
export interface Draft {
  /** Place in its set, from 0. */
  readonly index: number;
  readonly title: string;
  readonly description: string;
  readonly effort: "XS" | "S" | "M" | "L" | "XL" | null;
}

/** A draft and the attempt that it belongs to. It is no event: not stored, and lost where nobody listens. */
export interface DraftMessage {
  readonly runId: string;
  /** The item as it was when the attempt began. */
  readonly item: RunItemRow;
  /** Number of the event with which the attempt began. */
  readonly seq: number;
  /** Of the executor that the attempt belongs to; an older program does not tell it. */
  readonly lease?: number;
  readonly draft: Draft;
}

/** What a watcher of a run gets. */
export interface Progress {
  readonly kind: "SNAPSHOT" | "RUN_UPDATED" | "ITEM_UPDATED" | "DRAFTED" | "LOGGED";
  /** Of the event, or of the last one before it where it is none. */
  readonly seq: number;
  /** Never before that of what came earlier in the same stream. */
  readonly at: Date;
  readonly run: RunRow;
  readonly item: RunItemRow | null;
  /** What has just been saved for the item. */
  readonly saved: SavedIds;
  readonly draft: Draft | null;
  readonly log: { readonly seq: number; readonly level: LogLevel; readonly message: string; readonly at: Date } | null;
}

/**
 * When the run was last heard of. What is no event is told as of then, not as of now: the next event may have begun, and
 * got its time, a moment ago, but lies never before that.
 */
function lastHeardOf({ heartbeatAt, createdAt }: RunRow): Date {
  return heartbeatAt ?? createdAt;
}

export function snapshot(run: RunRow): Progress {
  const at = lastHeardOf(run);
  return { kind: "SNAPSHOT", seq: run.seq, at, run, item: null, saved: NOTHING_SAVED, draft: null, log: null };
}

export function progressOf({ seq, kind, at, run, item, saved, log }: RunEvent): Progress {
  return { kind, seq, at, run, item, saved, draft: null, log: log === null ? null : { ...log, seq, at } };
}

/** A draft after the last event that its watchers have. */
export function drafted({ item, draft }: DraftMessage, { seq, run }: { seq: number; run: RunRow }): Progress {
  return { kind: "DRAFTED", seq, at: lastHeardOf(run), run, item, saved: NOTHING_SAVED, draft, log: null };
}

/** Of several states of a run the one of the latest moment; null where there is none. */
export function latestOf(runs: readonly RunRow[]): RunRow | null {
  return runs.reduce<RunRow | null>(
    (latest, run) => (latest === null || lastHeardOf(run) > lastHeardOf(latest) ? run : latest),
    null,
  );
}
