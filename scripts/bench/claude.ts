import { createClient } from "graphql-ws";
import type { Database } from "../../src/database/database.ts";
import { encodeId } from "../../src/schema/ids.ts";
import { says } from "../../tests/support/loopback-claude/replies.ts";
import { type RecordedRequest, startLoopbackClaude } from "../../tests/support/loopback-claude/server.ts";
import { soundAnswer } from "../../tests/support/loopback-claude/sound-answers.ts";
import { cancelRun, startRun } from "./runs.ts";
import { seedBacklog } from "./seed.ts";
import { startServerProcess } from "./server-process.ts";

// The loopback Claude and the watcher are in this process, on one clock; Storymill, between them, is in its own.

const STORIES = 16;
/** As fast as a model writes; until it begins, the watcher has come. */
const PACE = { latencyMs: 400, tokensPerSecond: 120 };
const WATCH = `subscription Watch($runId: ID!) {
  runProgress(runId: $runId) { kind run { status } item { title status } draft { index } }
}`;
interface Watched {
  readonly runProgress: {
    readonly kind: string;
    readonly run: { readonly status: string };
    readonly item: { readonly title: string } | null;
    readonly draft: { readonly index: number } | null;
  };
}

/** Milliseconds from a first draft's closing brace, handed to the socket by Claude, to the draft at a watcher: one for each story. */
export async function measureDrafts(databaseUrl: string, database: Database, runs: number): Promise<number[]> {
  await using bench = await startBoth(databaseUrl, PACE);
  const { claude, server } = bench;
  const delays: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const { epicId } = await seedBacklog(database, { stories: STORIES, subtasks: 0 });
    const before = claude.requests.length;
    const came = new Map<string, number>();
    await watch(server.url, await startRun(server.url, encodeId("Epic", epicId)), ({ item, draft }) => {
      if (draft?.index === 0 && item !== null) came.set(item.title, performance.now());
    });
    for (const request of claude.requests.slice(before)) {
      const [title, at] = [...came].find(([each]) => isAbout(request, each)) ?? ["", undefined];
      if (at === undefined) throw new Error(`A story's first draft did not come: ${title}`);
      delays.push(at - (await request.sentUpTo(endOfFirstEntry(request))));
    }
  }
  return delays;
}

/**
 * Milliseconds from asking for a run's cancellation until Claude's sockets are closed, the last of its calls; one for each run.
 * @param apart whether one process is asked and another one calls Claude
 */
export async function measureCancels(
  databaseUrl: string,
  database: Database,
  { runs, apart }: { readonly runs: number; readonly apart: boolean },
): Promise<number[]> {
  await using bench = await startBoth(databaseUrl, PACE, apart);
  const { claude, server } = bench;
  const delays: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const { epicId } = await seedBacklog(database, { stories: STORIES, subtasks: 0 });
    const runId = await startRun(server.url, encodeId("Epic", epicId));
    const calls = await Promise.all(Array.from({ length: STORIES }, () => claude.nextRequest()));
    await Promise.all(calls.map((call) => call.sentUpTo(50)));
    const asked = performance.now();
    const ends = calls.map(async ({ ended }) => {
      if ((await ended) !== "left") throw new Error("A call that was to be broken off was answered.");
      return performance.now() - asked;
    });
    await cancelRun(server.url, runId);
    delays.push(Math.max(...(await Promise.all(ends))));
  }
  return delays;
}

/** Input tokens of a run over 50 stories with a context of 2,000 tokens, by what they are billed as. */
export async function measureCaching(databaseUrl: string, database: Database) {
  await using bench = await startBoth(databaseUrl, {});
  const { claude, server } = bench;
  const { epicId } = await seedBacklog(database, { stories: 50, subtasks: 0 });
  const context = "How we build things here, in a sentence. ".repeat(200).slice(0, 8_000);
  await database.prisma.project.updateMany({ where: { epics: { some: { id: epicId } } }, data: { context } });
  await watch(server.url, await startRun(server.url, encodeId("Epic", epicId)), () => {});
  const { answers, inputTokens, cacheWriteTokens, cacheReadTokens } = claude.billed;
  if (answers !== 50) throw new Error(`Claude answered ${answers} times, not 50.`);
  return { fullPrice: inputTokens + cacheWriteTokens, all: inputTokens + cacheWriteTokens + cacheReadTokens };
}

async function startBoth(databaseUrl: string, pace: Partial<typeof PACE>, apart = false) {
  const claude = await startLoopbackClaude({ ...pace, respond: ({ body }) => says(soundAnswer(body)) });
  const server = await startServerProcess("claude", databaseUrl, [claude.baseURL], apart ? "api" : "all");
  const worker = apart ? await startServerProcess("claude", databaseUrl, [claude.baseURL], "worker") : null;
  return {
    claude,
    server,
    async [Symbol.asyncDispose]() {
      await server.close();
      await worker?.close();
      await claude.close();
    },
  };
}

/** Watches a run until it has SUCCEEDED. @throws Error where it ends otherwise */
async function watch(url: string, runId: string, onProgress: (progress: Watched["runProgress"]) => void) {
  const client = createClient({ url: `${url.replace("http", "ws")}/graphql`, retryAttempts: 0 });
  let status = "";
  try {
    for await (const { data, errors } of client.iterate<Watched>({ query: WATCH, variables: { runId } })) {
      if (!data) throw new Error(`Watching a run failed: ${JSON.stringify(errors)}`);
      onProgress(data.runProgress);
      status = data.runProgress.run.status;
    }
  } finally {
    await client.dispose();
  }
  if (status !== "SUCCEEDED") throw new Error(`A run was ${status} at its end.`);
}

/** Whether a request is about the story of that title; its context names them all. */
function isAbout({ body }: RecordedRequest, title: string): boolean {
  const content = body.messages?.[0]?.content;
  const own = typeof content === "string" ? content : (content?.at(-1)?.text ?? "");
  return own.includes(JSON.stringify(title));
}

/** Characters of a request's answer up to the brace that closes its first subtask. */
function endOfFirstEntry({ body }: RecordedRequest): number {
  return soundAnswer(body).indexOf("},") + 1;
}
