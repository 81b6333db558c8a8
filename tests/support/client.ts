import { createClient, type Client } from "graphql-ws";
import type { TypedDocumentString, WatchRunSubscription } from "../../generated/graphql.ts";
import { CancelRun, CreateProject, ImportBacklog, ReadRun, ReadStories, StartRun, WatchRun } from "./operations.ts";

export type Progress = WatchRunSubscription["runProgress"];
export type RunRead = NonNullable<Awaited<ReturnType<typeof readRun>>>;

export interface StartInput {
  storyIds?: string[];
  existingBehavior?: "SKIP" | "REPLACE" | "APPEND";
  pacing?: "SAFE" | "NORMAL" | "FAST" | "ADAPTIVE";
  maxCostUsd?: number;
  mode?: "COMPACT" | "STANDARD" | "DETAILED";
  model?: string;
  instructions?: string;
}

export interface Backlog {
  readonly projectId: string;
  readonly epicId: string;
  readonly storyIds: readonly string[];
}

/** Talks to a server as any client would: over HTTP, and over one WebSocket. */
export interface TestClient {
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
  /** Watches from now on. Resolves once the first message has come, so that no later one can be missed. */
  join(runId: string): Promise<{ readonly toEnd: Promise<Progress[]> }>;
  /** Every event of the run from its first on, until its last, without drafts. */
  history(runId: string): Promise<Progress[]>;
  /** The run's first event, past ones included, that is so. */
  until(runId: string, isSo: (progress: Progress) => boolean): Promise<Progress>;
  readRun(runId: string): Promise<RunRead>;
  readStories(epicId: string): ReturnType<typeof readStories>;
  readonly sockets: Client;
  close(): Promise<void>;
}

/** @param url the server's, without a path */
export function createTestClient(url: string): TestClient {
  const sockets = createClient({
    url: `${url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  const send = createSend(url);

  async function* watch(runId: string, after: string | null = null): AsyncGenerator<Progress> {
    const results = sockets.iterate<WatchRunSubscription>({ query: WatchRun.toString(), variables: { runId, after } });
    try {
      for await (const { data, errors } of results) {
        if (errors) throw new WatchError(errors);
        if (data) yield data.runProgress;
      }
    } catch (error) {
      // The client throws the errors of a message that ended the operation as they are.
      throw Array.isArray(error) ? new WatchError(error) : error;
    }
  }
  const watchToEnd = (runId: string, after?: string | null) => Array.fromAsync(watch(runId, after));

  return {
    send,
    sockets,
    watch,
    watchToEnd,
    async join(runId) {
      const stream = watch(runId);
      const first = await stream.next();
      const rest = Array.fromAsync(stream);
      return { toEnd: rest.then((later) => (first.done ? later : [first.value, ...later])) };
    },
    async history(runId) {
      const all = await watchToEnd(runId, startCursorOf(runId));
      return all.filter(({ kind }) => kind !== "DRAFTED");
    },
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
    async close() {
      await sockets.dispose();
    },
  };
}

/** A subscription that ended with an error, and its code. */
export class WatchError extends Error {
  readonly code: string;
  constructor(errors: readonly { readonly message: string; readonly extensions?: { readonly code?: unknown } }[]) {
    super(errors.map(({ message }) => message).join("; "));
    this.code = String(errors[0]?.extensions?.code);
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

type Send = TestClient["send"];

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
