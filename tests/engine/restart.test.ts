import { afterEach, describe, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../support/app.ts";
import { type Progress, rowId, startCursorOf } from "../support/client.ts";
import { createGate } from "../support/gate.ts";
import { checkHistory } from "../support/run-history.ts";
import { createScriptedGenerator, subtasksFor } from "../support/scripted-generator.ts";

const apps: TestApp[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

async function start(generator = createScriptedGenerator(), databaseUrl?: string): Promise<TestApp> {
  const app = await startTestApp({ generator, ...(databaseUrl && { databaseUrl }) });
  apps.push(app);
  return app;
}

/** A generator that finishes the first story and holds every other. */
function holding() {
  const gate = createGate();
  const generator = createScriptedGenerator(async ({ story, signal }) => {
    if (story.title !== "Story 1") await gate.pass(signal);
    return subtasksFor(story.title);
  });
  return { gate, generator };
}

const titles = Array.from({ length: 6 }, (_, i) => `Story ${i + 1}`);

describe("a server that is stopped in the middle of a run", () => {
  it("gives its items back within ten seconds; another goes on, and so do watchers with the cursor they have", async () => {
    const { gate, generator } = holding();
    const app = await start(generator);
    const { epicId } = await app.backlog(titles);
    const runId = await app.start(epicId);
    const closed = Promise.withResolvers<number>();
    app.sockets.on("closed", (event) => closed.resolve((event as CloseEvent).code));
    const seen: Progress[] = [];
    const ends = expect(
      (async () => {
        for await (const progress of app.watch(runId, startCursorOf(runId))) seen.push(progress);
      })(),
    ).rejects.toMatchObject({ code: 1001 });
    await app.until(runId, ({ run }) => run.completedItems === 1);
    await gate.reached(5);

    const began = performance.now();
    await app.app.close();
    expect(performance.now() - began).toBeLessThan(10_000);
    await ends;
    expect(await closed.promise).toBe(1001);
    const run = await app.sql(`SELECT status, "completedItems" FROM "Run" WHERE id = $1`, [rowId(runId)]);
    expect(run).toEqual([{ status: "RUNNING", completedItems: 1 }]);
    const items = await app.sql<{ status: string }>(
      `SELECT status FROM "RunItem" WHERE "runId" = $1 ORDER BY position`,
      [rowId(runId)],
    );
    expect(items.map(({ status }) => status)).toEqual(["COMPLETED", ...Array(5).fill("PENDING")]);

    const next = createScriptedGenerator();
    const successor = await start(next, app.databaseUrl);
    const rest = await successor.watchToEnd(runId, seen.at(-1)?.cursor);
    const history = await successor.history(runId);
    expect([...seen, ...rest].map(({ seq }) => seq)).toEqual(history.map(({ seq }) => seq));
    checkHistory(history);
    expect(history.at(-1)?.run).toMatchObject({ status: "SUCCEEDED", completedItems: 6, createdCount: 30 });
    expect(next.requests.map(({ story }) => story.title)).toEqual(titles.slice(1));
    expect((await successor.readRun(runId)).items.nodes.map(({ attempts }) => attempts)).toEqual([1, 2, 2, 2, 2, 2]);
    const stories = await successor.readStories(epicId);
    expect(stories.map(({ subtasks }) => subtasks.nodes.length)).toEqual(Array(6).fill(5));
    expect(successor.complaints).toEqual([]);
  });

  it("loses no run, begun or queued, though all jobs are lost: the truth is in the runs", async () => {
    const { gate, generator } = holding();
    const app = await start(generator);
    // As many runs as one process drives at once, and one more.
    const epics = await Promise.all(Array.from({ length: 9 }, async () => (await app.backlog(["Busy"])).epicId));
    for (const epicId of epics) await app.start(epicId);
    await gate.reached(8);
    await app.app.close();
    const left = `SELECT status, count(*)::int FROM "Run" GROUP BY status ORDER BY status`;
    expect(await app.sql(left)).toEqual([
      { status: "QUEUED", count: 1 },
      { status: "RUNNING", count: 8 },
    ]);
    await app.sql(`DELETE FROM pgboss.job`);
    const successor = await start(createScriptedGenerator(), app.databaseUrl);
    await expect.poll(() => successor.sql(left), { interval: 20 }).toEqual([{ status: "SUCCEEDED", count: 9 }]);
  });

  it("ends the job of a run that is over and whose worker died before it could", async () => {
    const app = await start();
    const { epicId } = await app.backlog(["Story 1"]);
    const runId = await app.start(epicId);
    await app.watchToEnd(runId);
    await app.idle();
    await app.app.close();
    await app.sql(
      `UPDATE pgboss.job SET state = 'active', completed_on = NULL, heartbeat_on = now() - interval '1 minute'`,
    );
    // One look at most is taken in a second, over all workers: the first server's was a moment ago.
    await app.sql(`UPDATE pgboss.queue SET monitor_claim_on = now() - interval '1 minute'`);
    const successor = await start(createScriptedGenerator(), app.databaseUrl);
    await successor.idle();
    expect(await successor.sql(`SELECT state FROM pgboss.job`)).toEqual([{ state: "completed" }]);
    expect((await successor.history(runId)).at(-1)?.run).toMatchObject({ status: "SUCCEEDED" });
  });

  it("may be closed more than once, and with nothing to do is gone at once", async () => {
    const app = await start();
    const began = performance.now();
    await Promise.all([app.app.close(), app.app.close()]);
    await app.app.close();
    expect(performance.now() - began).toBeLessThan(5_000);
    await expect(fetch(`${app.app.url}/healthz`)).rejects.toThrow("fetch failed");
  });
});
