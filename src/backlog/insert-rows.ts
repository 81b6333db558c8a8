import { Prisma, type Transaction } from "../database/database.ts";
import type { Story, Subtask, SubtaskDependency } from "../database/generated/prisma/client.ts";

interface Rows {
  Story: Story;
  Subtask: Subtask;
  SubtaskDependency: SubtaskDependency;
}

/**
 * Inserts whole rows of a table in one statement with one parameter, however many they are: an import of 5,000 stories
 * takes 0.2 s, where Prisma's `createManyAndReturn` makes it 0.9 s.
 */
export async function insertRows<T extends keyof Rows>(
  tx: Transaction,
  table: T,
  rows: readonly Rows[T][],
): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const name = Prisma.raw(`"${table}"`);
  // The columns by name: a newer program's migration may have added one, with a default, that this program does not know.
  const columns = Prisma.raw(
    Object.keys(first)
      .map((column) => `"${column}"`)
      .join(", "),
  );
  await tx.$executeRaw`
    INSERT INTO ${name} (${columns})
    SELECT ${columns} FROM jsonb_populate_recordset(NULL::${name}, ${JSON.stringify(rows)}::jsonb)`;
}
