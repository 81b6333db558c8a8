import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { LIMITS, parseInput, requiredText } from "../backlog/texts.ts";
import type { Database } from "../database/database.ts";
import type { RunRow } from "../pubsub/run-events.ts";
import { IdempotencyConflictError } from "./errors.ts";

/** The input of a start or retry after its defaults, in one canonical form: what a key is compared by. */
export interface RunRequest {
  readonly [name: string]: string | number | readonly string[] | null;
}

const keyed = z.object({
  idempotencyKey: requiredText("An idempotency key", LIMITS.idempotencyKey).nullable(),
});

/** A key as it is kept, which is trimmed. @throws InvalidInputError for one that is none */
export function readKey(idempotencyKey: string | null): string | null {
  return parseInput(keyed, { idempotencyKey }).idempotencyKey;
}

/**
 * The run that the same key and input made before, among those of a project, or with this in their request.
 * @throws IdempotencyConflictError where the key came with another input
 */
export async function findByKey(
  database: Database,
  among: { projectId: string } | { request: { path: string[]; equals: string } },
  { idempotencyKey, request }: { idempotencyKey: string | null; request: RunRequest },
): Promise<RunRow | null> {
  if (idempotencyKey === null) return null;
  const run = await database.prisma.run.findFirst({ where: { ...among, idempotencyKey } });
  if (run !== null && !isDeepStrictEqual(run.request, request)) throw new IdempotencyConflictError();
  return run;
}
