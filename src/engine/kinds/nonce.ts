import { createHmac } from "node:crypto";
import type { Transaction } from "../../database/database.ts";
import type { RunRow } from "../../pubsub/run-events.ts";

/**
 * Marks data in a run's prompts: the same in all processes of an installation, so also after a takeover, and nobody who
 * writes the backlog or knows the run's id can tell it.
 */
export async function nonceOf(reader: Transaction, { id }: Pick<RunRow, "id">): Promise<string> {
  const { secret } = await reader.installation.findUniqueOrThrow({ where: { id: 1 } });
  return createHmac("sha256", secret).update(id).digest("hex").slice(0, 12);
}
