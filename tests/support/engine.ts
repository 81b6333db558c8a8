import { pino } from "pino";
import { createEpic } from "../../src/backlog/epics.ts";
import { saveGeneratedSubtasks } from "../../src/backlog/generated-subtasks.ts";
import { createProject } from "../../src/backlog/projects.ts";
import { readRunContext, readStoriesToSplit } from "../../src/backlog/split-context.ts";
import { createStory } from "../../src/backlog/stories.ts";
import { readStoryTitles } from "../../src/backlog/story-titles.ts";
import { createDatabase, type Database } from "../../src/database/database.ts";
import type { ExecutionParts } from "../../src/engine/executor/execute-run.ts";
import { createGenerateSubtasksKind } from "../../src/engine/kinds/generate-subtasks.ts";
import { createProviderPaces } from "../../src/engine/pace/provider-paces.ts";
import { createRunQueue, type RunQueue } from "../../src/engine/queue.ts";
import { createRuns, type Runs } from "../../src/engine/runs.ts";
import type { Generator } from "../../src/generation/generator.ts";
import { createFeed } from "../../src/pubsub/feed.ts";
import { createWakeUps } from "../../src/pubsub/wake-ups.ts";
import { createTestDatabaseUrl } from "./database.ts";

/** The engine without a server, and without a worker: the test executes the runs. */
export interface TestEngine {
  readonly database: Database;
  readonly queue: RunQueue;
  readonly runs: Runs;
  readonly parts: ExecutionParts;
  /** What was logged as a warning or worse. */
  readonly complaints: string[];
  /** Starts an ADAPTIVE run over stories of these titles, and gives its id. */
  start(titles: readonly string[]): Promise<string>;
  /** Every row of the run and of what it made, as text. */
  rows(runId: string): Promise<string>;
  /** Statuses of the run's items, in order. */
  statuses(runId: string): Promise<string[]>;
  close(): Promise<void>;
}

export async function createTestEngine(generator: Generator): Promise<TestEngine> {
  const complaints: string[] = [];
  const log = pino({ level: "warn" }, { write: (line) => void complaints.push(line) });
  const url = await createTestDatabaseUrl();
  const database = createDatabase({ url, onError: (error) => complaints.push(String(error)) });
  const wakeUps = createWakeUps();
  const feed = createFeed({ database, wakeUps, onError: (error) => complaints.push(String(error)) });
  const store = { readStoryTitles, readRunContext, readStoriesToSplit, saveGeneratedSubtasks };
  const kinds = {
    GENERATE_SUBTASKS: createGenerateSubtasksKind(generator, { models: [], hasPrice: () => true }, store),
  };
  const queue = await createRunQueue({ url, works: true, historyDays: 30, log });
  const providers = createProviderPaces({ generator, database, log });
  const runs = createRuns({ database, queue, wakeUps, kinds, generator, store });
  return {
    database,
    queue,
    runs,
    parts: {
      database,
      wakeUps,
      drafts: feed,
      kinds,
      providers,
      retryBaseMs: 10,
      log,
    },
    complaints,
    async start(titles) {
      const { id: projectId } = await createProject(database, { name: "A project" });
      const { id: epicId } = await createEpic(database, { projectId, title: "An epic" });
      for (const title of titles) await createStory(database, { epicId, title });
      const none = { model: null, instructions: null, maxCostUsd: null };
      const options = { mode: "STANDARD", existingBehavior: "APPEND", pacing: "ADAPTIVE", ...none } as const;
      const run = await runs.startGenerateSubtasks({ epicId, storyIds: null, options, idempotencyKey: null });
      return run.id;
    },
    async rows(runId) {
      const [rows] = await database.prisma.$queryRaw<{ rows: string }[]>`SELECT jsonb_build_array(
        (SELECT to_jsonb(r) FROM "Run" r WHERE id = ${runId}::uuid),
        (SELECT jsonb_agg(to_jsonb(i) ORDER BY position) FROM "RunItem" i WHERE "runId" = ${runId}::uuid),
        (SELECT jsonb_agg(to_jsonb(e) ORDER BY seq) FROM "RunEvent" e WHERE "runId" = ${runId}::uuid),
        (SELECT jsonb_agg(to_jsonb(s) ORDER BY id) FROM "Subtask" s WHERE "runId" = ${runId}::uuid))::text AS rows`;
      return rows?.rows ?? "";
    },
    async statuses(runId) {
      const items = await database.prisma.runItem.findMany({ where: { runId }, orderBy: { position: "asc" } });
      return items.map(({ status }) => status);
    },
    async close() {
      feed.close();
      await queue.close();
      await providers.close();
      await database.close();
    },
  };
}
