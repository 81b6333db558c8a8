import { Prisma } from "../database/database.ts";

/** Which subtasks REPLACE deletes: those that a run made, that nobody has begun and no person has edited. */
export const REPLACEABLE = Prisma.sql`(origin = 'GENERATED' AND status = 'TODO' AND "editedAt" IS NULL)`;

/**
 * Which rows of "Story" the REPLACE of a run deletes: those that a run made and no person has edited, unless one of their
 * subtasks would be kept by a REPLACE of its own, or a run was over them at any time since this one was started: what is
 * being split does not go, nor what has been meanwhile.
 */
export function replaceableStories(runId: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`(
    "Story".origin = 'GENERATED' AND "Story"."editedAt" IS NULL
    AND NOT EXISTS (SELECT 1 FROM "Subtask" WHERE "storyId" = "Story".id AND NOT ${REPLACEABLE})
    AND NOT EXISTS (
      SELECT 1 FROM "RunItem" JOIN "Run" AS other ON other.id = "RunItem"."runId"
      WHERE "RunItem"."projectId" = "Story"."projectId" AND "RunItem"."storyId" = "Story".id
        AND (other."completedAt" IS NULL
          OR other."completedAt" >= (SELECT "createdAt" FROM "Run" WHERE id = ${runId}))))`;
}
