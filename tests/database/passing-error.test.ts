import { expect, it } from "vitest";
import { isPassing, isUnavailable } from "../../src/database/passing-error.ts";
import { createTestDatabase } from "../support/database.ts";

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
