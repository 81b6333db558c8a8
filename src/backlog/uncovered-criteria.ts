import type { Database } from "../database/database.ts";

/** For each of these stories, in order: indices of its acceptance criteria that no subtask covers, ascending. */
export async function readUncoveredCriteria(
  database: Pick<Database, "read">,
  storyIds: readonly string[],
): Promise<number[][]> {
  const rows = await database.read<{ uncovered: number[] }>(
    `SELECT ARRAY(
       SELECT i FROM generate_series(0, cardinality(s."acceptanceCriteria") - 1) AS i
       WHERE NOT EXISTS (SELECT 1 FROM "Subtask" t WHERE t."storyId" = s.id AND i = ANY(t."coversCriteria")) ORDER BY i
     ) AS uncovered
     FROM unnest($1::uuid[]) WITH ORDINALITY AS p(id, n) LEFT JOIN "Story" s ON s.id = p.id ORDER BY p.n`,
    [storyIds],
  );
  return rows.map(({ uncovered }) => uncovered);
}
