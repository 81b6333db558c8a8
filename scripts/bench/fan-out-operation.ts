/** What the watchers of the fan-out ask for: a page that shows a run's progress and its items. */
export const WATCH = `subscription Watch($runId: ID!) {
  runProgress(runId: $runId) {
    kind seq cursor at
    run { id status phase totalItems completedItems failedItems progress createdCount }
    item { id code title status attempts createdCount durationMs error }
  }
}`;

export interface WatchedRun {
  readonly id: string;
  readonly status: string;
  readonly phase: string;
  readonly totalItems: number;
  readonly completedItems: number;
  readonly failedItems: number;
  readonly createdCount: number;
}

/** What an event of it gives. */
export interface WatchedProgress {
  readonly kind: string;
  readonly seq: number;
  readonly cursor: string;
  readonly at: string;
  readonly run: WatchedRun;
  readonly item: {
    readonly id: string;
    readonly code: string;
    readonly title: string;
    readonly status: string;
    readonly attempts: number;
    readonly createdCount: number;
    readonly durationMs: number | null;
    readonly error: string | null;
  } | null;
}

/** The event in a `next` message. */
export function parseProgress(message: string): WatchedProgress {
  const { payload }: { payload: { data: { runProgress: WatchedProgress } } } = JSON.parse(message);
  return payload.data.runProgress;
}
