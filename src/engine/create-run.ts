import { randomUUIDv7 } from "node:crypto";
import type { Database, Transaction } from "../database/database.ts";
import { isForeignKeyViolation, isUniqueViolation } from "../database/passing-error.ts";
import { appendEvents, NOTHING_SAVED, type RunRow } from "../pubsub/run-events.ts";
import { RunAlreadyActiveError } from "./errors.ts";
import type { GenerationOptions } from "./generation-options.ts";
import { findByKey, type RunRequest } from "./idempotency.ts";
import type { Target } from "./kinds/run-kind.ts";
import type { EngineObserver } from "./observer.ts";
import type { RunQueue } from "./queue.ts";
import { ACTIVE } from "./run-change.ts";

export interface NewRun {
  readonly projectId: string;
  readonly epicId: string | null;
  readonly retryOfId: string | null;
  readonly type: RunRow["type"];
  readonly options: GenerationOptions;
  /** Null for a kind that knows none. */
  readonly personaSet: RunRow["personaSet"];
  /** As `readKey` gives it. */
  readonly idempotencyKey: string | null;
  readonly request: RunRequest;
  /** Reads what the run will be over; called again where it has changed in the meantime. */
  readonly select: () => Promise<readonly Target[]>;
}

/** Races are decided by the database; who loses looks again, and this often at most. */
const TRIES = 5;

/**
 * Makes a run with its items, its first event and its job, in one transaction; or gives the run that the same key and
 * input made before. Of starts at the same moment the partial unique index lets one through.
 * @throws IdempotencyConflictError where the key came with another input
 * @throws RunAlreadyActiveError with the active run of this type in the project
 */
export async function createRun(
  { database, queue, observer }: { database: Database; queue: RunQueue; observer?: EngineObserver | undefined },
  wanted: NewRun,
): Promise<RunRow> {
  const { projectId, type } = wanted;
  for (let tries = 1; ; tries += 1) {
    const earlier = await findByKey(database, { projectId }, wanted);
    if (earlier !== null) return earlier;
    try {
      const targets = await wanted.select();
      const run = await database.transaction((tx) => insertRun(tx, queue, wanted, targets));
      observer?.runQueued(run);
      observer?.eventsAppended(run.seq);
      return run;
    } catch (error) {
      const lost = isUniqueViolation(error) || isForeignKeyViolation(error);
      if (!lost || tries === TRIES) throw error;
    }
    const same = await findByKey(database, { projectId }, wanted);
    if (same !== null) return same;
    const active = await database.prisma.run.findFirst({ where: { projectId, type, status: { in: [...ACTIVE] } } });
    if (active !== null) throw new RunAlreadyActiveError(active);
  }
}

async function insertRun(
  tx: Transaction,
  queue: RunQueue,
  wanted: NewRun,
  targets: readonly Target[],
): Promise<RunRow> {
  const { projectId, epicId, retryOfId, type, options, personaSet, idempotencyKey } = wanted;
  const run = await tx.run.create({
    data: {
      ...{ projectId, epicId, retryOfId, type, ...options, personaSet, idempotencyKey },
      request: { ...wanted.request },
      totalItems: targets.length,
      seq: 1,
    },
  });
  const items = targets.map((target, position) => ({ id: randomUUIDv7(), position, ...target }));
  await tx.$executeRaw`INSERT INTO "RunItem" (id, "projectId", "runId", "storyId", "epicId", code, title, position)
    SELECT id, ${projectId}::uuid, ${run.id}::uuid, "storyId", "epicId", code, title, position
    FROM jsonb_to_recordset(${JSON.stringify(items)}::jsonb)
      AS r(id uuid, "storyId" uuid, "epicId" uuid, code text, title text, position int)`;
  await appendEvents(tx, [
    { seq: 1, kind: "RUN_UPDATED", at: run.createdAt, run, item: null, saved: NOTHING_SAVED, log: null },
  ]);
  await queue.enqueue(tx, [run.id]);
  return run;
}
