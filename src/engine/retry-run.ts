import type { Database } from "../database/database.ts";
import { NotFoundError } from "../errors.ts";
import { hasEnded, type RunRow } from "../pubsub/run-events.ts";
import { createRun } from "./create-run.ts";
import { NothingToDoError, RunAlreadyActiveError } from "./errors.ts";
import { readKey } from "./idempotency.ts";
import { kindOf, type RunKinds } from "./kinds/registry.ts";
import { targetIdOf } from "./kinds/run-kind.ts";
import type { EngineObserver } from "./observer.ts";
import type { RunQueue } from "./queue.ts";

/**
 * Starts a new run, with the same options, over those items of an ended one that failed, were cancelled or never ended,
 * and whose story (or epic) is still there.
 * @throws NotFoundError for the run
 * @throws NothingToDoError where nothing of it is left to do
 * @throws RunAlreadyActiveError where it is active itself, or another one is
 * @throws InvalidInputError for a key that is none; IdempotencyConflictError as `createRun` does
 */
export async function retryRun(
  parts: { database: Database; queue: RunQueue; kinds: RunKinds; observer?: EngineObserver },
  { runId, ...keyed }: { runId: string; idempotencyKey: string | null },
): Promise<RunRow> {
  const { database, kinds } = parts;
  const idempotencyKey = readKey(keyed.idempotencyKey);
  const run = await database.prisma.run.findUnique({ where: { id: runId } });
  if (run === null) throw new NotFoundError("Run", runId);
  const { projectId, epicId, type, mode, existingBehavior, pacing, model, instructions, maxCostUsd, personaSet } = run;
  return createRun(parts, {
    projectId,
    epicId,
    retryOfId: runId,
    type,
    options: { mode, existingBehavior, pacing, model, instructions, maxCostUsd },
    personaSet,
    idempotencyKey,
    request: { retry: runId },
    select: async () => {
      if (!hasEnded(run)) throw new RunAlreadyActiveError(run);
      const items = await database.prisma.runItem.findMany({
        where: { runId, status: { notIn: ["COMPLETED", "SKIPPED"] } },
        select: { storyId: true, epicId: true },
      });
      if (items.length === 0)
        throw new NothingToDoError("Nothing of this run failed or was left undone, so there is nothing to retry.");
      const kind = kindOf(kinds, run);
      const ids = items.map(targetIdOf).filter((id) => id !== null);
      const targets = await kind.targets(database.prisma, { ids });
      if (targets.length === 0)
        throw new NothingToDoError(
          `The ${kind.words.items} of this run that failed or were left undone have been deleted since, so there is nothing to retry.`,
        );
      return targets;
    },
  });
}
