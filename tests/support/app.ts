import { pino } from "pino";
import pg from "pg";
import { createClient, type Client } from "graphql-ws";
import { expect } from "vitest";
import type { TypedDocumentString, WatchRunSubscription } from "../../generated/graphql.ts";
import { type App, createApp } from "../../src/app.ts";
import { readConfig } from "../../src/config.ts";
import type { Generator } from "../../src/generation/generator.ts";
import { createTestDatabaseUrl } from "./database.ts";
import { CancelRun, CreateProject, ImportBacklog, ReadRun, ReadStories, StartRun, WatchRun } from "./operations.ts";

export type Progress = WatchRunSubscription["runProgress"];
export type RunRead = NonNullable<Awaited<ReturnType<typeof readRun>>>;

export interface StartInput {
  storyIds?: string[];
  existingBehavior?: "SKIP" | "REPLACE" | "APPEND";
  pacing?: "SAFE" | "NORMAL" | "FAST" | "ADAPTIVE";
}

export interface Backlog {
  readonly projectId: string;
  readonly epicId: string;
  readonly storyIds: readonly string[];
}

/** A line of the program's log. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly err?: { readonly message: string };
}

/** The whole program on a fresh database and a free port, and a client that talks to it as any other would. */
export interface TestApp {
  readonly app: App;
  readonly databaseUrl: string;
  /** What it logged as a warning or worse. */
  readonly complaints: LogLine[];
  /** Sends an operation over HTTP and gives its data. @throws Error with the errors where there are some */
  send<R, V>(document: TypedDocumentString<R, V>, variables: V): Promise<R>;
  /** A project with an epic of stories of these titles. */
  backlog(titles: readonly string[]): Promise<Backlog>;
  /** Starts a run (ADAPTIVE, unless told otherwise) and gives its id. @throws Error where it was not started */
  start(epicId: string, input?: StartInput): Promise<string>;
  cancel(runId: string): ReturnType<typeof cancelRun>;
  /** Watches a run over WebSocket, `graphql-transport-ws`. @throws WatchError out of the generator */
  watch(runId: string, after?: string | null): AsyncGenerator<Progress>;
  /** All that is watched until the stream completes. */
  watchToEnd(runId: string, after?: string | null): Promise<Progress[]>;
  /** Every event of the run from its first on, until its last. */
  history(runId: string): Promise<Progress[]>;
  /** The run's first event, past ones included, that is so. */
  until(runId: string, isSo: (progress: Progress) => boolean): Promise<Progress>;
  readRun(runId: string): Promise<RunRead>;
  readStories(epicId: string): ReturnType<typeof readStories>;
  /** Asks the database itself. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Resolves when no execution is under way any more, whatever its run's status. */
  idle(): Promise<void>;
  readonly sockets: Client;
  close(): Promise<void>;
}

/** @param options.databaseUrl an earlier app's, to go on where it was */
export async function startTestApp(options: { generator: Generator; databaseUrl?: string }): Promise<TestApp> {
  const databaseUrl = options.databaseUrl ?? (await createTestDatabaseUrl());
  const config = readConfig({ DATABASE_URL: databaseUrl, PORT: "0", GENERATOR: "outline" });
  const complaints: LogLine[] = [];
  const log = pino({ level: "warn" }, { write: (line) => void complaints.push(JSON.parse(line) as LogLine) });
  const app = await createApp({ config, log, generator: options.generator });
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
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

  const self: TestApp = {
    app,
    databaseUrl,
    complaints,
    send,
    sockets,
    watch,
    watchToEnd: (runId, after) => Array.fromAsync(watch(runId, after)),
    history: async (runId) => self.watchToEnd(runId, startCursorOf(runId)),
    async until(runId, isSo) {
      for await (const progress of watch(runId, startCursorOf(runId))) if (isSo(progress)) return progress;
      throw new Error("The run ended, and it was not so.");
    },
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
    async start(epicId, { storyIds, ...options } = {}) {
      const input = { epicId, ...(storyIds ? { storyIds } : {}), options: { pacing: "ADAPTIVE" as const, ...options } };
      const { startGenerateSubtasks: started } = await send(StartRun, { input });
      if (started.__typename !== "StartGenerateSubtasksPayload")
        throw new Error(`${started.__typename}: ${started.message}`);
      return started.run.id;
    },
    cancel: (runId) => cancelRun(send, runId),
    async readRun(runId) {
      const run = await readRun(send, runId);
      if (!run) throw new Error("no such run");
      return run;
    },
    readStories: (epicId) => readStories(send, epicId),
    async sql<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) {
      return (await pool.query<Row>(text, [...values])).rows;
    },
    async idle() {
      const jobs = `SELECT id FROM pgboss.job WHERE state IN ('created', 'retry', 'active')`;
      await expect.poll(() => self.sql(jobs), { interval: 10, timeout: 10_000 }).toEqual([]);
    },
    async close() {
      await sockets.dispose();
      await pool.end();
      await app.close();
    },
  };
  return self;
}

/** A subscription that ended with an error, and its code. */
export class WatchError extends Error {
  readonly code: string;
  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** The database's id in a global id. */
export function rowId(globalId: string): string {
  return Buffer.from(globalId, "base64url").toString().split(":")[1] ?? "";
}

/** What `startCursor` of the run is. */
export function startCursorOf(runId: string): string {
  return Buffer.from(`${rowId(runId)}:0`).toString("base64url");
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

async function cancelRun(send: Send, runId: string) {
  return (await send(CancelRun, { runId })).cancelRun;
}

async function readRun(send: Send, id: string) {
  return (await send(ReadRun, { id })).run;
}

async function readStories(send: Send, epicId: string) {
  return (await send(ReadStories, { epicId })).epic?.stories.nodes ?? [];
}
