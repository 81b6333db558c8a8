import type { RunRow } from "../../pubsub/run-events.ts";

/**
 * Marks data in a run's prompts: unknown to whoever wrote the backlog, and the same after a takeover. It is the random part
 * of the run's id.
 */
export function nonceOf(run: RunRow): string {
  return run.id.slice(-12);
}
