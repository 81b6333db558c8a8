import type { Database } from "../database/database.ts";
import type { Generator } from "../generation/generator.ts";
import type { RunRow } from "../pubsub/run-events.ts";
import type { WakeUps } from "../pubsub/wake-ups.ts";
import { cancelRun } from "./cancel-run.ts";
import type { SubtaskStore } from "./kinds/generate-subtasks.ts";
import { createStarts, type RunKinds, type Starts } from "./kinds/registry.ts";
import type { EngineObserver } from "./observer.ts";
import type { RunQueue } from "./queue.ts";
import { retryRun } from "./retry-run.ts";

/** What can be done with runs; the errors are those of the functions behind. */
export interface Runs extends Starts {
  cancel(runId: string): Promise<RunRow>;
  retry(input: { runId: string; idempotencyKey: string | null }): Promise<RunRow>;
}

export function createRuns(parts: {
  database: Database;
  queue: RunQueue;
  wakeUps: WakeUps;
  kinds: RunKinds;
  generator: Generator;
  store: SubtaskStore;
  observer?: EngineObserver;
}): Runs {
  return {
    ...createStarts(parts),
    cancel: (runId) => cancelRun(parts, runId),
    retry: (input) => retryRun(parts, input),
  };
}
