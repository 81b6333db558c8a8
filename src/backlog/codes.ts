import { Prisma, type Transaction } from "../database/database.ts";
import { NotFoundError } from "../errors.ts";

/** What the code of an epic, a story or a subtask begins with. */
export type CodePrefix = "E" | "S" | "ST";

/** The code that people call it by: E1, S12, ST3. */
export function codeOf(prefix: CodePrefix, number: number): string {
  return `${prefix}${number}`;
}

const COUNTERS = {
  E: { parent: "Project", column: "lastEpicNumber" },
  S: { parent: "Project", column: "lastStoryNumber" },
  ST: { parent: "Story", column: "lastSubtaskNumber" },
} as const;

/**
 * Takes `count` numbers in a row from the counter of the parent and returns the first. The parent stays locked until the
 * transaction ends, so a roll-back gives the numbers back and nobody else can have taken the next ones.
 * @throws NotFoundError where the parent is gone
 */
export async function takeNumbers(
  tx: Transaction,
  prefix: CodePrefix,
  parentId: string,
  count: number,
): Promise<number> {
  const { parent, column } = COUNTERS[prefix];
  const counter = Prisma.raw(`"${column}"`);
  // Raw SQL, because counting on is no edit of the parent: its `updatedAt` stays.
  const [row] = await tx.$queryRaw<{ last: number }[]>`
    UPDATE ${Prisma.raw(`"${parent}"`)} SET ${counter} = ${counter} + ${count}::int WHERE id = ${parentId}::uuid
    RETURNING ${counter} AS last`;
  if (row === undefined) throw new NotFoundError(parent, parentId);
  return row.last - count + 1;
}
