import { createHash } from "node:crypto";
import type { RunRow } from "../../pubsub/run-events.ts";

/**
 * Marks data in a run's prompts: unknown to whoever wrote the backlog, and the same after a takeover. It is made of the
 * run's id without being a part of it: ids are not the provider's.
 */
export function nonceOf(run: RunRow): string {
  return createHash("sha256").update(run.id).digest("hex").slice(0, 12);
}
