// The least that a server can do for the reads: node:http and one statement of `pg`, which makes the JSON in the database.
// It knows no GraphQL: POST /epic or /run with `{ "id": … }`.
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import pg from "pg";
import { listen } from "../../../src/server/listen.ts";
import { serve } from "../serve.ts";

const EPIC = `SELECT json_build_object('data', json_build_object('epic', json_build_object(
  'id', e.id, 'code', 'E' || e.number, 'title', e.title, 'stories', json_build_object('nodes', (
    SELECT json_agg(json_build_object('id', s.id, 'code', 'S' || s.number, 'title', s.title, 'position', s.position,
      'subtasks', json_build_object('nodes', (
        SELECT json_agg(json_build_object('id', t.id, 'code', 'ST' || t.number, 'title', t.title, 'description', t.description,
          'effort', t.effort, 'status', t.status, 'acceptanceCriteria', t."acceptanceCriteria", 'position', t.position)
          ORDER BY t.position, t.id)
        FROM "Subtask" t WHERE t."storyId" = s.id)))
      ORDER BY s.position, s.id)
    FROM "Story" s WHERE s."epicId" = e.id)))))::text AS answer
  FROM "Epic" e WHERE e.id = $1::uuid`;

const RUN = `SELECT json_build_object('data', json_build_object('run', json_build_object(
  'id', r.id, 'status', r.status, 'totalItems', r."totalItems", 'items', json_build_object('nodes', (
    SELECT json_agg(json_build_object('id', i.id, 'code', i.code, 'title', i.title, 'status', i.status,
      'createdCount', i."createdCount", 'durationMs', i."durationMs",
      'story', json_build_object('id', s.id, 'code', 'S' || s.number, 'title', s.title, 'priority', s.priority, 'effort', s.effort))
      ORDER BY i.position)
    FROM (SELECT * FROM "RunItem" WHERE "runId" = r.id ORDER BY position LIMIT 50) i
    LEFT JOIN "Story" s ON s.id = i."storyId")))))::text AS answer
  FROM "Run" r WHERE r.id = $1::uuid`;

const statements = new Map([
  ["/epic", { name: "epic", text: EPIC }],
  ["/run", { name: "run", text: RUN }],
]);

await serve(async () => {
  const pool = new pg.Pool({ connectionString: process.env["DATABASE_URL"], max: 10 });
  const server = createServer(async (request, response) => {
    const statement = statements.get(request.url ?? "");
    if (statement === undefined) {
      response.writeHead(404).end();
      return;
    }
    const { id }: { id: string } = JSON.parse(await text(request));
    const { rows } = await pool.query<{ answer: string }>({ ...statement, values: [id] });
    const answer = Buffer.from(rows[0]?.answer ?? "{}");
    response.writeHead(200, { "content-type": "application/json", "content-length": answer.length }).end(answer);
  });
  const port = await listen(server, "127.0.0.1", 0);
  return { url: `http://127.0.0.1:${port}`, close: () => pool.end() };
});
