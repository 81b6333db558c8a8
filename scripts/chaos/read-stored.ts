import pg from "pg";
import type {
  EventRecord,
  ItemRecord,
  ProjectRecord,
  RunRecord,
  Stored,
  StoryRecord,
  SubtaskRecord,
} from "./history.ts";

/** Reads all that is judged, by plain SQL: nothing of the program is trusted with it. */
export async function readStored(url: string): Promise<Stored> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const rows = async <T extends object>(text: string): Promise<T[]> => (await client.query<T>(text)).rows;
  try {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    return {
      projects: await rows<ProjectRecord>(`SELECT id, "lastStoryNumber" FROM "Project"`),
      stories: await rows<StoryRecord>(
        `SELECT id, "projectId", "epicId", number, position, "lastSubtaskNumber", origin, "runId" FROM "Story"`,
      ),
      subtasks: await rows<SubtaskRecord>(
        `SELECT id, "storyId", number, position, origin, "runId", status, "editedAt" IS NOT NULL AS edited FROM "Subtask"`,
      ),
      runs: await rows<RunRecord>(
        `SELECT id, "projectId", type, "existingBehavior", "idempotencyKey", instructions, seq, status, "totalItems", "completedItems",
          "failedItems", "skippedItems", "cancelledItems", "createdCount", lease, error,
          (extract(epoch FROM "createdAt") * 1000)::float8 AS "createdAt"
        FROM "Run" ORDER BY "createdAt", id`,
      ),
      items: await rows<ItemRecord>(
        `SELECT id, "runId", "storyId", "epicId", status, attempts, "createdCount", "deletedCount", error
        FROM "RunItem" ORDER BY "runId", position`,
      ),
      events: await rows<EventRecord>(
        `SELECT "runId", seq, kind, (extract(epoch FROM at) * 1000)::float8 AS at, message, data->'run' AS run,
          nullif(data->'item', 'null') AS item, coalesce(data->'subtaskIds', '[]') AS "subtaskIds",
          coalesce(data->'storyIds', '[]') AS "storyIds"
        FROM "RunEvent" ORDER BY "runId", seq`,
      ),
      jobs: (
        await rows<{ runId: string }>(
          `SELECT data->>'runId' AS "runId" FROM pgboss.job WHERE name = 'runs' AND state < 'completed'`,
        )
      ).map(({ runId }) => runId),
    };
  } finally {
    await client.end();
  }
}

/** Runs that have not ended, and how far they have come. */
export async function readActiveRuns(url: string): Promise<{ id: string; seq: number }[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string; seq: number }>(
      `SELECT id, seq FROM "Run" WHERE status IN ('QUEUED', 'RUNNING') ORDER BY id`,
    );
    return rows;
  } finally {
    await client.end();
  }
}
