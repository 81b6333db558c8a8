import type { Database } from "../database/database.ts";
import type { RunRow } from "../pubsub/run-events.ts";
import type { WakeUps } from "../pubsub/wake-ups.ts";
import { cancelRun } from "./cancel-run.ts";
import { kindOf, type RunKinds } from "./kinds/registry.ts";
import type { RunQueue } from "./queue.ts";
import { retryRun } from "./retry-run.ts";
import { type StartGenerateSubtasks, startGenerateSubtasks } from "./start-generate-subtasks.ts";

/** What can be done with runs; the errors are those of the functions behind. */
export interface Runs {
  startGenerateSubtasks(input: StartGenerateSubtasks): Promise<RunRow>;
  cancel(runId: string): Promise<RunRow>;
  retry(input: { runId: string; idempotencyKey: string | null }): Promise<RunRow>;
}

export function createRuns(parts: { database: Database; queue: RunQueue; wakeUps: WakeUps; kinds: RunKinds }): Runs {
  const kind = kindOf(parts.kinds, { type: "GENERATE_SUBTASKS" });
  return {
    startGenerateSubtasks: (input) => startGenerateSubtasks({ ...parts, kind }, input),
    cancel: (runId) => cancelRun(parts, runId),
    retry: (input) => retryRun(parts, input),
  };
}
