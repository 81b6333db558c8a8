import { createClient } from "graphql-ws";
import type { Database } from "../../src/database/database.ts";
import { encodeId } from "../../src/schema/ids.ts";
import { seedBacklog } from "./seed.ts";
import type { ServerProcess } from "./server-process.ts";

const START = `mutation Start($epicId: ID!) {
  startGenerateSubtasks(input: { epicId: $epicId, options: { pacing: ADAPTIVE, existingBehavior: REPLACE } }) {
    __typename
    ... on StartGenerateSubtasksPayload { run { id } }
    ... on Error { message }
  }
}`;
interface Started {
  readonly startGenerateSubtasks: { readonly run?: { readonly id: string }; readonly message?: string };
}
const WATCH = `subscription Watch($runId: ID!) { runProgress(runId: $runId) { kind seq at run { id status progress } item { id status } } }`;
interface Watched {
  readonly runProgress: { readonly kind: string; readonly run: { readonly id: string; readonly status: string } };
}
export const ENDED: ReadonlySet<string> = new Set(["SUCCEEDED", "PARTIAL", "FAILED", "CANCELLED"]);

/**
 * Runs of two stories each, `atOnce` of them side by side: how many milliseconds after its commit a run's terminal event
 * reaches a watcher on a WebSocket. PostgreSQL keeps the time of each commit (`track_commit_timestamp`), on the same machine's clock.
 */
export async function measureDelays(
  server: ServerProcess,
  database: Database,
  options: { readonly runs: number; readonly atOnce: number },
): Promise<number[]> {
  const received = new Map<string, number>();
  let begun = 0;
  const play = async () => {
    const { epicId } = await seedBacklog(database, { stories: 2, subtasks: 0 });
    while (begun < options.runs) {
      begun += 1;
      const end = await playRun(server.url, epicId);
      received.set(end.runId, end.receivedAt);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, play));
  const commits = await database.prisma.$queryRaw<{ runId: string; at: number }[]>`
    SELECT DISTINCT ON ("runId") "runId", extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 * 1000 AS at
    FROM "RunEvent" ORDER BY "runId", seq DESC`;
  return commits.flatMap(({ runId, at }) => {
    const receivedAt = received.get(encodeId("Run", runId));
    return receivedAt === undefined ? [] : [receivedAt - at];
  });
}

/** How long a run over an epic takes, from asking for it until its terminal event is here; in milliseconds. */
export async function measureRun(server: ServerProcess, epicId: string): Promise<number> {
  const asked = now();
  const { receivedAt } = await playRun(server.url, epicId);
  return receivedAt - asked;
}

/** Starts a run and watches it to its end, as any client would. */
export async function playRun(url: string, epicId: string): Promise<{ runId: string; receivedAt: number }> {
  const runId = await startRun(url, encodeId("Epic", epicId));
  const client = createClient({ url: `${url.replace("http", "ws")}/graphql`, retryAttempts: 0 });
  try {
    for await (const { data, errors } of client.iterate<Watched>({ query: WATCH, variables: { runId } })) {
      const receivedAt = now();
      if (!data) throw new Error(`Watching a run failed: ${JSON.stringify(errors)}`);
      const { kind, run } = data.runProgress;
      if (!ENDED.has(run.status)) continue;
      if (run.status !== "SUCCEEDED" || kind === "SNAPSHOT") throw new Error(`A run was ${run.status} at its ${kind}.`);
      return { runId, receivedAt };
    }
  } finally {
    await client.dispose();
  }
  throw new Error("A run's stream ended without its terminal event.");
}

const CANCEL = `mutation Cancel($runId: ID!) { cancelRun(input: { runId: $runId }) { __typename } }`;
interface Cancelled {
  readonly cancelRun: { readonly __typename: string };
}

/** @throws Error where the run was not cancelled */
export async function cancelRun(url: string, runId: string): Promise<void> {
  const { data, errors } = (await send(url, CANCEL, { runId })) as { data?: Cancelled; errors?: unknown };
  if (data?.cancelRun.__typename !== "CancelRunPayload")
    throw new Error(`A run could not be cancelled: ${JSON.stringify(errors ?? data)}`);
}

/** Starts a run over an epic, and gives its id. @throws Error where it was not started */
export async function startRun(url: string, epicId: string): Promise<string> {
  const { data, errors } = (await send(url, START, { epicId })) as { data?: Started; errors?: unknown };
  const started = data?.startGenerateSubtasks;
  if (started?.run === undefined)
    throw new Error(`A run was not started: ${started?.message ?? JSON.stringify(errors)}`);
  return started.run.id;
}

/** Sends an operation over HTTP, and gives the answer as it comes. */
export async function send(url: string, query: string, variables: Readonly<Record<string, string>>): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  return await response.json();
}

/** Milliseconds of the epoch, with their fractions. */
function now(): number {
  return performance.timeOrigin + performance.now();
}
