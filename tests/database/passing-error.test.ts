import { expect, it } from "vitest";
import { isPassing, isUnavailable } from "../../src/database/passing-error.ts";
import { createTestDatabase } from "../support/database.ts";
import { createGate } from "../support/gate.ts";

it("takes a database that this program has closed for one that is away, and not worth another try", async () => {
  const database = await createTestDatabase();
  await database.close();
  const errors = await Promise.all([
    database.prisma.run.count().catch((error: unknown) => error),
    database.prisma.$queryRaw`SELECT 1`.catch((error: unknown) => error),
    database.read("SELECT 1", []).catch((error: unknown) => error),
  ]);
  expect(errors.map(isUnavailable)).toEqual([true, true, true]);
  expect(errors.map(isPassing)).toEqual([false, false, false]);
});

it("lets go of what a transaction has locked that stands still, before its worker is taken for dead, and may pass", async () => {
  const database = await createTestDatabase();
  const lock = `SELECT pg_advisory_xact_lock(1)::text`;
  const gate = createGate();
  const stopped = database
    .transaction(async (tx) => {
      await tx.$queryRawUnsafe(lock);
      await gate.pass();
      await tx.$queryRawUnsafe(lock);
    })
    .catch((error: unknown) => error);
  await gate.reached(1);
  // Waits for the lock.
  await database.prisma.$queryRawUnsafe(lock);
  gate.open();
  const error = await stopped;
  expect([error instanceof Error, isPassing(error), isUnavailable(error)]).toEqual([true, true, true]);
  await database.close();
});
