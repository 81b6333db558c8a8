import type { Transaction } from "../database/database.ts";
import { InvalidInputError } from "../errors.ts";

/**
 * The story's criteria that a subtask is said to serve, ascending and each once.
 * @throws InvalidInputError naming each entry that is no criterion of a story with `criteriaCount` of them
 */
export function checkCoverage(coversCriteria: readonly number[], criteriaCount: number): number[] {
  const range =
    criteriaCount === 0
      ? "The story has no acceptance criteria"
      : `The story's acceptance criteria are numbered 0 to ${criteriaCount - 1}`;
  const issues = coversCriteria.flatMap((criterion, index) =>
    criterion >= 0 && criterion < criteriaCount
      ? []
      : [{ path: ["coversCriteria", String(index)], message: `${range}; ${criterion} is none of them.` }],
  );
  if (issues.length > 0) throw new InvalidInputError(issues);
  return coverageOf(coversCriteria);
}

/** Numbers of criteria, ascending and each once. */
export function coverageOf(criteria: Iterable<number>): number[] {
  return [...new Set(criteria)].sort((a, b) => a - b);
}

/**
 * Where each criterion of the old list stands in the new one, by its exact text; null where it is gone. Of equal texts,
 * the first goes with the first, the second with the second; where fewer are left, the rest goes with the last.
 */
export function mapCriteria(before: readonly string[], after: readonly string[]): (number | null)[] {
  const places = Map.groupBy(after.keys(), (index) => after[index]);
  const seen = new Map<string, number>();
  return before.map((text) => {
    const nth = seen.get(text) ?? 0;
    seen.set(text, nth + 1);
    const left = places.get(text);
    return left?.[nth] ?? left?.at(-1) ?? null;
  });
}

/**
 * Lets `coversCriteria` of all subtasks of a story, which is locked, follow an edit of its criteria. No subtask counts as
 * edited by it.
 */
export async function followCriteria(
  tx: Transaction,
  storyId: string,
  before: readonly string[],
  after: readonly string[],
): Promise<void> {
  const moves = mapCriteria(before, after);
  if (moves.every((to, from) => to === from)) return;
  await tx.$executeRaw`
    UPDATE "Subtask" SET "coversCriteria" = ARRAY(
      SELECT DISTINCT move."to" FROM unnest("coversCriteria") AS covered
      JOIN unnest(${moves.map((to) => to ?? -1)}::int[]) WITH ORDINALITY AS move("to", nth) ON move.nth = covered + 1
      WHERE move."to" >= 0 ORDER BY move."to")
    WHERE "storyId" = ${storyId}::uuid AND cardinality("coversCriteria") > 0`;
}
