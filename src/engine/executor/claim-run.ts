import type { Database } from "../../database/database.ts";
import type { RunItemRow, RunRow } from "../../pubsub/run-events.ts";
import { kindOf, type RunKinds } from "../kinds/registry.ts";
import type { RunKind } from "../kinds/run-kind.ts";
import type { EngineObserver } from "../observer.ts";
import { ACTIVE, changeRunNow, type RunChange } from "../run-change.ts";

export interface Claim {
  readonly run: RunRow;
  readonly kind: RunKind;
  /** Items that have not ended, in order. */
  readonly pending: RunItemRow[];
  /** When an item of the run started last. */
  readonly lastStart: Date | null;
}

/**
 * Takes a QUEUED run up, or takes a RUNNING one over from a worker that died: the lease grows by one, which shuts out
 * whoever held it, and items that were being generated wait for their turn again.
 * @returns null where the run has ended or gone
 */
export async function claimRun(
  database: Database,
  kinds: RunKinds,
  runId: string,
  observer?: EngineObserver,
): Promise<Claim | null> {
  const claim = async (change: RunChange) => {
    const kind = kindOf(kinds, change.run);
    const { tx, run } = change;
    const interrupted = await tx.runItem.findMany({
      where: { runId, status: { in: ["GENERATING", "SAVING"] } },
      orderBy: { position: "asc" },
    });
    const takenOver = run.status === "RUNNING";
    change.set({ lease: run.lease + 1 });
    change.update({ status: "RUNNING", phase: kind.phase, startedAt: run.startedAt ?? change.at });
    if (takenOver) change.log("WARN", "The worker that held this run stopped; another goes on from where it was.");
    else
      change.log(
        "INFO",
        `Started: ${run.totalItems} items, ${run.mode}, ${run.existingBehavior}, ${run.pacing}; generator ${kind.generator}.`,
      );
    for (const item of interrupted) change.updateItem(item, { status: "PENDING" });
    return kind;
  };
  const claimed = await changeRunNow(database, { runId, statuses: ACTIVE }, claim, observer);
  if (claimed === null) return null;
  const [pending, last] = await Promise.all([
    database.prisma.runItem.findMany({ where: { runId, status: "PENDING" }, orderBy: { position: "asc" } }),
    database.prisma.runItem.aggregate({ where: { runId }, _max: { startedAt: true } }),
  ]);
  return { run: claimed.run, kind: claimed.result, pending, lastStart: last._max.startedAt };
}
