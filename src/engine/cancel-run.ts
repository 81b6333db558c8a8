import type { Database } from "../database/database.ts";
import { NotFoundError } from "../errors.ts";
import type { RunRow } from "../pubsub/run-events.ts";
import type { WakeUps } from "../pubsub/wake-ups.ts";
import { RunNotActiveError } from "./errors.ts";
import type { EngineObserver } from "./observer.ts";
import { ACTIVE, changeRunNow, type RunChange, UNFINISHED } from "./run-change.ts";

/**
 * Ends an active run: what is finished stays, what is not becomes CANCELLED, calls under way are aborted.
 * @returns the run as it is now
 * @throws NotFoundError for the run
 * @throws RunNotActiveError where it has ended already
 */
export async function cancelRun(
  parts: { database: Database; wakeUps: WakeUps; observer?: EngineObserver },
  runId: string,
): Promise<RunRow> {
  const { database, wakeUps } = parts;
  const cancel = async (change: RunChange) => {
    await change.endItems({ statuses: UNFINISHED }, "CANCELLED", null);
    change.update({ status: "CANCELLED", phaseDetail: "Cancelled.", completedAt: change.at });
  };
  const cancelled = await changeRunNow(database, { runId, statuses: ACTIVE }, cancel, parts.observer);
  if (cancelled !== null) {
    wakeUps.wake(runId, "control");
    return cancelled.run;
  }
  const run = await database.prisma.run.findUnique({ where: { id: runId } });
  throw run === null ? new NotFoundError("Run", runId) : new RunNotActiveError(run);
}
