import { afterEach, describe, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../support/app.ts";
import { startCursorOf } from "../support/client.ts";
import { aborted, createGate } from "../support/gate.ts";
import { checkClock, checkHistory } from "../support/run-history.ts";
import { createScriptedGenerator, type ScriptedGenerator, subtasksFor } from "../support/scripted-generator.ts";

const apps: TestApp[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

/** One more process' worth of Storymill on the same database: nothing but that connects it with the others. */
async function start(role: "api" | "worker", generator: ScriptedGenerator, first?: TestApp): Promise<TestApp> {
  const app = await startTestApp({ generator, role, ...(first && { databaseUrl: first.databaseUrl }) });
  apps.push(app);
  return app;
}

/** Two that serve and one that works. */
async function startAll(generator = createScriptedGenerator()) {
  const api = await start("api", generator);
  const other = await start("api", generator, api);
  const worker = await start("worker", generator, api);
  return { api, other, worker };
}

const titles = (count: number) => Array.from({ length: count }, (_, i) => `Story ${i + 1}`);

describe("processes that share a database", () => {
  it("do a run that one serves, another works through and a third shows: every event once, in order", async () => {
    const { api, other } = await startAll();
    const { epicId } = await api.backlog(titles(40));
    const runId = await api.start(epicId);
    const watched = await other.watchToEnd(runId, startCursorOf(runId));
    const history = watched.filter(({ kind }) => kind !== "DRAFTED");
    checkHistory(history);
    expect(history.at(-1)?.run).toMatchObject({ status: "SUCCEEDED", completedItems: 40 });
    expect(await api.history(runId)).toEqual(history);
  });

  it("tell of events at once, not at the next look", async () => {
    const gate = createGate();
    const { api, other } = await startAll(
      createScriptedGenerator(async ({ story, signal }) => gate.pass(signal).then(() => subtasksFor(story.title))),
    );
    const { epicId } = await api.backlog(["One"]);
    const runId = await api.start(epicId);
    const watching = other.watchToEnd(runId);
    await gate.reached(1);
    gate.open();
    const opened = performance.now();
    expect((await watching).at(-1)?.run.status).toBe("SUCCEEDED");
    // A feed that nobody wakes looks each 5 s.
    expect(performance.now() - opened).toBeLessThan(2_500);
  });

  it("show drafts of a worker to the watchers of every process, cut where they are long", async () => {
    const gate = createGate();
    const description = "Ä long one. ".repeat(1_500);
    const { api, other } = await startAll(
      createScriptedGenerator(async ({ story, signal, onDraft }) => {
        await gate.pass(signal);
        onDraft({ index: 0, title: "Drafted", description: "Short.", effort: "M" });
        onDraft({ index: 1, title: "Drafted too", description, effort: null });
        return subtasksFor(story.title);
      }),
    );
    const { epicId } = await api.backlog(["One"]);
    const runId = await api.start(epicId);
    await gate.reached(1);
    const watchers = await Promise.all([api, other].map((app) => app.join(runId)));
    gate.open();
    for (const seen of await Promise.all(watchers.map(({ toEnd }) => toEnd))) {
      checkClock(seen);
      const drafts = seen.flatMap(({ draft, item }) => (draft ? [{ ...draft, item: item?.status }] : []));
      expect(drafts.map(({ title, item }) => [title, item])).toEqual([
        ["Drafted", "GENERATING"],
        ["Drafted too", "GENERATING"],
      ]);
    }
  });

  it("abort a call in any worker when any of them is told to cancel", async () => {
    let abort: Promise<number> | undefined;
    const gate = createGate();
    const { api, other } = await startAll(
      createScriptedGenerator(async ({ signal }) => {
        abort = aborted(signal);
        await gate.pass(signal);
        return [];
      }),
    );
    const { epicId } = await api.backlog(["One"]);
    const runId = await api.start(epicId);
    await gate.reached(1);
    expect((await other.cancel(runId)).__typename).toBe("CancelRunPayload");
    const answered = performance.now();
    // Its next heartbeat would tell it after 5 s.
    expect(((await abort) ?? Infinity) - answered).toBeLessThan(2_000);
  });

  it("leave a run waiting where none of them works, until one does", async () => {
    const generator = createScriptedGenerator();
    const api = await start("api", generator);
    const { epicId } = await api.backlog(["One"]);
    const runId = await api.start(epicId);
    expect((await api.readRun(runId)).status).toBe("QUEUED");
    await start("worker", generator, api);
    expect((await api.history(runId)).at(-1)?.run.status).toBe("SUCCEEDED");
  });

  it("answer as a worker with their health only", async () => {
    const worker = await start("worker", createScriptedGenerator());
    expect((await fetch(`${worker.app.url}/readyz`)).status).toBe(200);
    expect((await fetch(`${worker.app.url}/graphql?query={__typename}`)).status).toBe(404);
  });

  it("miss nothing while their connection to the others is broken", async () => {
    const gate = createGate();
    const { api, other } = await startAll(
      createScriptedGenerator(async ({ story, signal }) => gate.pass(signal).then(() => subtasksFor(story.title))),
    );
    const { epicId } = await api.backlog(titles(20));
    const runId = await api.start(epicId);
    const watching = other.watchToEnd(runId, startCursorOf(runId));
    await gate.reached(20);
    const broken = await api.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'storymill notifications'`,
    );
    expect(broken).toHaveLength(3);
    gate.open();
    const seen = (await watching).filter(({ kind }) => kind !== "DRAFTED");
    checkHistory(seen);
    expect(seen.at(-1)?.run.status).toBe("SUCCEEDED");
    await expect.poll(async () => (await fetch(`${other.app.url}/readyz`)).status).toBe(200);
  });
});
