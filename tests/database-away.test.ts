import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type EmbeddedServer, startEmbeddedServer } from "../src/database/embedded/embedded-server.ts";
import { signalProcess } from "../src/database/embedded/signal-process.ts";
import { processesIn, query } from "./database/embedded-fixture.ts";
import { startTestApp, type TestApp } from "./support/app.ts";
import { startCursorOf } from "./support/client.ts";
import { createGate, type Gate } from "./support/gate.ts";
import { checkHistory } from "./support/run-history.ts";
import { createScriptedGenerator, subtasksFor } from "./support/scripted-generator.ts";

let directory: string;
let postgres: EmbeddedServer;
let gate: Gate;
const generator = createScriptedGenerator(async ({ story, signal }) => {
  await gate.pass(signal);
  return subtasksFor(story.title);
});
let app: TestApp;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "storymill-away-"));
  await chmod(directory, 0o755);
  postgres = await startEmbeddedServer({ dataDir: directory, log: () => {} });
  app = await startTestApp({ generator, databaseUrl: postgres.url });
});
afterAll(async () => {
  await app.close();
  await postgres.close();
  await rm(directory, { recursive: true, force: true });
});
afterEach(() => signalPostgres("SIGCONT"));

/** To every process of the server: its postmaster first. */
async function signalPostgres(signal: NodeJS.Signals): Promise<void> {
  for (const pid of await processesIn([postgres.dataDir])) signalProcess(pid, signal);
}

async function asAdministrator(statement: string): Promise<void> {
  const url = new URL(postgres.url);
  url.pathname = "/postgres";
  await query(url.href, statement);
}

async function readiness(): Promise<number> {
  return (await fetch(`${app.app.url}/readyz`)).status;
}

async function ask(): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${app.app.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ projects { totalCount } }" }),
  });
  return { status: response.status, body: await response.json() };
}

/** A run that waits in all of its stories, and what a watcher has of it from its first event on. */
async function startHeldRun() {
  gate = createGate();
  const { epicId } = await app.backlog(Array.from({ length: 12 }, (_, i) => `Story ${i + 1}`));
  const runId = await app.start(epicId);
  const watching = app.watchToEnd(runId, startCursorOf(runId));
  await gate.reached(12);
  return { runId, epicId, watching };
}

/** The run ends as if nothing had been, and its watcher has everything once. */
async function expectWhole({ runId, epicId, watching }: Awaited<ReturnType<typeof startHeldRun>>): Promise<void> {
  const seen = (await watching).filter(({ kind }) => kind !== "DRAFTED");
  checkHistory(seen);
  expect(seen.at(-1)?.run).toMatchObject({ status: "SUCCEEDED", completedItems: 12, createdCount: 60 });
  expect(await app.history(runId)).toEqual(seen);
  const stories = await app.readStories(epicId);
  expect(stories.map(({ subtasks }) => subtasks.nodes.length)).toEqual(stories.map(() => 5));
  for (const { kind, item, subtasks } of seen)
    if (kind === "ITEM_UPDATED" && item?.status === "COMPLETED") expect(subtasks).toHaveLength(5);
}

describe("a database that goes away in the middle of a run", { timeout: 90_000 }, () => {
  it("killed and back: delays the run and its events, and loses none", async () => {
    const run = await startHeldRun();
    await signalPostgres("SIGKILL");
    gate.open();
    await expectWhole(run);
    await expect.poll(readiness).toBe(200);
  });

  it("away for longer: is told to who asks for it, with an error that says what to do; a new watcher waits", async () => {
    const run = await startHeldRun();
    // Whoever connects is refused, and nobody is connected any more.
    await asAdministrator("ALTER DATABASE storymill ALLOW_CONNECTIONS false");
    await asAdministrator("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'storymill'");
    gate.open();
    await expect.poll(readiness).toBe(503);
    expect(await ask()).toMatchObject({
      status: 503,
      body: {
        errors: [{ message: expect.stringContaining("Try again"), extensions: { code: "SERVICE_UNAVAILABLE" } }],
      },
    });
    const late = app.watchToEnd(run.runId, startCursorOf(run.runId));
    await asAdministrator("ALTER DATABASE storymill ALLOW_CONNECTIONS true");
    await expectWhole(run);
    expect((await late).map(({ seq }) => seq)).toEqual((await run.watching).map(({ seq }) => seq));
    await expect.poll(readiness).toBe(200);
  });

  it("paused: says nothing, which readiness tells at once; then everything goes on", async () => {
    const run = await startHeldRun();
    await signalPostgres("SIGSTOP");
    gate.open();
    expect(await readiness()).toBe(503);
    await signalPostgres("SIGCONT");
    await expectWhole(run);
  });
});
