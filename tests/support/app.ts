import { pino } from "pino";
import { createClient, type Client } from "graphql-ws";
import type { TypedDocumentString, WatchRunSubscription } from "../../generated/graphql.ts";
import { type App, createApp } from "../../src/app.ts";
import { readConfig } from "../../src/config.ts";
import type { Generator } from "../../src/generation/generator.ts";
import { createTestDatabaseUrl } from "./database.ts";
import { CreateProject, ImportBacklog, ReadRun, ReadStories, StartRun, WatchRun } from "./operations.ts";

export type Progress = WatchRunSubscription["runProgress"];
type Input = Parameters<TestApp["start"]>[1];

/** The whole program on a fresh database and a free port, and a client that talks to it as any other would. */
export interface TestApp {
  readonly app: App;
  readonly databaseUrl: string;
  /** Sends an operation over HTTP and gives its data. @throws Error with the errors where there are some */
  send<R, V>(document: TypedDocumentString<R, V>, variables: V): Promise<R>;
  /** A project with an epic of stories of these titles. */
  backlog(titles: readonly string[]): Promise<{ projectId: string; epicId: string; storyIds: string[] }>;
  /** Starts a run and gives its id. @throws Error where it was not started */
  start(
    epicId: string,
    input?: {
      storyIds?: string[];
      existingBehavior?: "SKIP" | "REPLACE" | "APPEND";
      pacing?: "SAFE" | "NORMAL" | "FAST" | "ADAPTIVE";
    },
  ): Promise<string>;
  /** Watches a run over WebSocket, `graphql-transport-ws`. */
  watch(runId: string, after?: string | null): AsyncGenerator<Progress>;
  /** All that is watched until the stream completes. */
  watchToEnd(runId: string, after?: string | null): Promise<Progress[]>;
  readRun(runId: string): Promise<NonNullable<Awaited<ReturnType<typeof readRun>>>>;
  readStories(epicId: string): ReturnType<typeof readStories>;
  readonly sockets: Client;
  close(): Promise<void>;
}

/** @param options.databaseUrl an earlier app's, to go on where it was */
export async function startTestApp(options: { generator: Generator; databaseUrl?: string }): Promise<TestApp> {
  const databaseUrl = options.databaseUrl ?? (await createTestDatabaseUrl());
  const config = readConfig({ DATABASE_URL: databaseUrl, PORT: "0", GENERATOR: "outline" });
  const app = await createApp({ config, log: pino({ level: "silent" }), generator: options.generator });
  const sockets = createClient({
    url: `${app.url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  const send = createSend(app.url);

  async function* watch(runId: string, after: string | null = null): AsyncGenerator<Progress> {
    const results = sockets.iterate<WatchRunSubscription>({ query: WatchRun.toString(), variables: { runId, after } });
    for await (const { data, errors } of results) {
      if (errors) throw new WatchError(errors[0]?.message ?? "", String(errors[0]?.extensions?.["code"]));
      if (data) yield data.runProgress;
    }
  }

  return {
    app,
    databaseUrl,
    send,
    sockets,
    watch,
    watchToEnd: (runId, after) => Array.fromAsync(watch(runId, after)),
    async backlog(titles) {
      const made = await send(CreateProject, { input: { name: "Test" } });
      if (made.createProject.__typename !== "CreateProjectPayload") throw new Error("no project");
      const projectId = made.createProject.project.id;
      const { importBacklog } = await send(ImportBacklog, {
        input: { projectId, epicTitle: "Epic", format: "TEXT", content: titles.join("\n") },
      });
      if (importBacklog.__typename !== "ImportBacklogPayload") throw new Error(importBacklog.message);
      return {
        projectId,
        epicId: importBacklog.epics[0]?.id ?? "",
        storyIds: importBacklog.stories.map(({ id }) => id),
      };
    },
    async start(epicId, { storyIds, ...options }: NonNullable<Input> = {}) {
      const input = { epicId, ...(storyIds ? { storyIds } : {}), options: { pacing: "ADAPTIVE" as const, ...options } };
      const { startGenerateSubtasks: started } = await send(StartRun, { input });
      if (started.__typename !== "StartGenerateSubtasksPayload")
        throw new Error(`${started.__typename}: ${started.message}`);
      return started.run.id;
    },
    async readRun(runId) {
      const run = await readRun(send, runId);
      if (!run) throw new Error("no such run");
      return run;
    },
    readStories: (epicId) => readStories(send, epicId),
    async close() {
      await sockets.dispose();
      await app.close();
    },
  };
}

/** A subscription that ended with an error, and its code. */
export class WatchError extends Error {
  readonly code: string;
  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

type Send = TestApp["send"];

export function createSend(url: string): Send {
  return async (document, variables) => {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: document.toString(), variables }),
    });
    const { data, errors } = (await response.json()) as { data: never; errors?: { message: string }[] };
    if (errors) throw new Error(errors.map(({ message }) => message).join("; "));
    return data;
  };
}

async function readRun(send: Send, id: string) {
  return (await send(ReadRun, { id })).run;
}

async function readStories(send: Send, epicId: string) {
  return (await send(ReadStories, { epicId })).epic?.stories.nodes ?? [];
}
