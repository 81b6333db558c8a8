import { Prisma } from "../database/database.ts";

/** Which subtasks REPLACE deletes: those that a run made, that nobody has begun and no person has edited. */
export const REPLACEABLE = Prisma.sql`(origin = 'GENERATED' AND status = 'TODO' AND "editedAt" IS NULL)`;
