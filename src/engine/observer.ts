import type { Usage } from "../generation/generator.ts";
import type { RunItemRow, RunRow } from "../pubsub/run-events.ts";

type RunType = RunRow["type"];

/** How a call of the generator for an item ended; "aborted" where we broke it off (a cancel, a stop): nobody's failure. */
export type AttemptResult = "succeeded" | "failed" | "throttled" | "aborted";

/** Items that have just ended in one way. */
export interface EndedItems {
  readonly type: RunType;
  readonly outcome: Extract<RunItemRow["status"], "COMPLETED" | "FAILED" | "SKIPPED" | "CANCELLED">;
  readonly count: number;
  /** Milliseconds of those that were worked on, from their last start to their end. */
  readonly durationsMs: readonly number[];
}

/** Hears what happens to runs, after it is committed. Called in the middle of the work: it must be quick and not throw. */
export interface EngineObserver {
  /** A start or a retry made it. */
  runQueued(run: RunRow): void;
  /** A worker took it up for the first time. */
  runStarted(run: RunRow): void;
  /** A worker took it over from one that stopped. */
  runTakenOver(run: RunRow): void;
  runEnded(run: RunRow): void;
  itemsEnded(items: EndedItems): void;
  /** An item waits for another try. */
  itemRetried(type: RunType): void;
  eventsAppended(count: number): void;
  /** An execution holds a run in this process from now on; `executionEnded` follows. */
  executionBegan(): void;
  executionEnded(): void;
  attemptEnded(type: RunType, result: AttemptResult): void;
  /** @param model the one that was asked, null where there is none */
  spent(model: string | null, usage: Usage): void;
  /** Events of runs that ended long ago were deleted. */
  eventsCleaned(count: number): void;
}

/** For an engine that nobody observes. */
export const UNOBSERVED: EngineObserver = {
  runQueued() {},
  runStarted() {},
  runTakenOver() {},
  runEnded() {},
  itemsEnded() {},
  itemRetried() {},
  eventsAppended() {},
  executionBegan() {},
  executionEnded() {},
  attemptEnded() {},
  spent() {},
  eventsCleaned() {},
};
