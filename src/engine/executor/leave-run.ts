import type { Database } from "../../database/database.ts";
import { TERMINAL_STATUSES } from "../../pubsub/run-events.ts";
import type { WakeUps } from "../../pubsub/wake-ups.ts";
import type { EngineObserver } from "../observer.ts";
import { ACTIVE, changeRunNow, type RunChange, type RunGuard } from "../run-change.ts";
import { addUsage, isSpent, NO_USAGE } from "../usage.ts";
import type { InFlight } from "./in-flight.ts";
import { readItems } from "./step.ts";

/** An aborted call that does not end is left behind after this long. */
const ABORT_MS = 3_000;

/**
 * Ends an execution: waits for the calls that were aborted, adds what they cost to the run's and the items' usage (without
 * an event: the last one may have been told), and with `giveBack` lets unfinished items wait for the next claim.
 */
export async function leaveRun(parts: {
  database: Database;
  wakeUps: WakeUps;
  guard: RunGuard & { readonly lease: number };
  inFlight: InFlight;
  giveBack: boolean;
  observer?: EngineObserver | undefined;
}): Promise<void> {
  const { database, guard, inFlight } = parts;
  await Promise.race([inFlight.settled(), new Promise((resolve) => setTimeout(resolve, ABORT_MS).unref())]);
  const spent = inFlight.take(Infinity).filter((outcome) => isSpent(outcome.spent));
  const all = spent.reduce((sum, outcome) => addUsage(sum, outcome.spent), NO_USAGE);
  if (spent.length > 0)
    await changeRunNow(database, { ...guard, statuses: [...ACTIVE, ...TERMINAL_STATUSES] }, async (change) => {
      change.set(addUsage(change.run, all));
      const rows = await readItems(
        change,
        spent.map(({ item }) => item.id),
      );
      for (const { item, spent: usage } of spent) {
        const row = rows.get(item.id);
        if (row !== undefined) await change.tx.runItem.update({ where: { id: row.id }, data: addUsage(row, usage) });
      }
    });
  if (!parts.giveBack) return;
  const giveBack = async (change: RunChange) => {
    const items = await change.tx.runItem.findMany({
      where: { runId: guard.runId, status: { in: ["GENERATING", "SAVING"] } },
      orderBy: { position: "asc" },
    });
    for (const item of items) change.updateItem(item, { status: "PENDING" });
  };
  await changeRunNow(database, guard, giveBack, parts.observer);
  parts.wakeUps.wake(guard.runId, "events");
}
