import { once } from "node:events";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { startTestApp, type TestApp } from "../support/app.ts";
import { startChild } from "../support/child.ts";
import { createTestClient } from "../support/client.ts";
import { createTestDatabaseUrl } from "../support/database.ts";
import { checkHistory } from "../support/run-history.ts";
import { createScriptedGenerator } from "../support/scripted-generator.ts";

let app: TestApp | undefined;
afterEach(async () => {
  await app?.close();
});

describe("a server that is killed in the middle of a run", () => {
  it("is replaced by another one: what was done stays, nothing is saved twice", async () => {
    const databaseUrl = await createTestDatabaseUrl();
    const first = await startChild(databaseUrl);
    const client = createTestClient(first.url);
    const titles = ["Quick 1", "Quick 2", "Quick 3", "Slow 1", "Slow 2"];
    const { epicId } = await client.backlog(titles);
    const runId = await client.start(epicId);
    await client.until(runId, ({ run }) => run.completedItems === 3);
    const before = await client.readRun(runId);
    const kept = await client.readStories(epicId);

    const exited = once(first.process, "exit");
    first.process.kill("SIGKILL");
    await exited;
    await client.close();
    const generator = createScriptedGenerator();
    app = await startTestApp({ generator, databaseUrl });
    const history = await app.history(runId);

    checkHistory(history);
    expect(history.at(-1)?.run).toMatchObject({ status: "SUCCEEDED", completedItems: 5, createdCount: 25 });
    expect(generator.requests.map(({ story }) => story.title)).toEqual(["Slow 1", "Slow 2"]);
    const { items } = await app.readRun(runId);
    expect(items.nodes.slice(0, 3)).toEqual(before.items.nodes.slice(0, 3));
    expect(items.nodes.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 2, 2]);
    const stories = await app.readStories(epicId);
    expect(stories.slice(0, 3)).toEqual(kept.slice(0, 3));
    expect(stories.map(({ subtasks }) => subtasks.nodes.length)).toEqual([5, 5, 5, 5, 5]);
    expect(history.filter(({ log }) => log?.level === "WARN").map(({ log }) => log?.message)).toEqual([
      "The worker that held this run stopped; another goes on from where it was.",
    ]);
  });
});

describe("a worker that is paused in the middle of a run", () => {
  it(
    "is replaced, and when it goes on it finds itself fenced off and writes nothing",
    { timeout: 60_000 },
    async () => {
      const databaseUrl = await createTestDatabaseUrl();
      const generator = createScriptedGenerator();
      const worker = await startChild(databaseUrl, "worker");
      app = await startTestApp({ generator, databaseUrl, role: "api" });
      const { epicId } = await app.backlog(["Quick", "Late 1", "Late 2"]);
      const runId = await app.start(epicId);
      await app.until(runId, ({ run }) => run.completedItems === 1);

      worker.process.kill("SIGSTOP");
      const other = await startTestApp({ generator, databaseUrl, role: "worker" });
      onTestFinished(() => other.close());
      const history = await app.history(runId);
      checkHistory(history);
      expect(history.at(-1)?.run).toMatchObject({ status: "SUCCEEDED", completedItems: 3, createdCount: 15 });
      expect(generator.requests.map(({ story }) => story.title)).toEqual(["Late 1", "Late 2"]);
      const rows = () =>
        app?.sql(`SELECT r.*, s.id FROM "Run" r LEFT JOIN "Subtask" s ON s."runId" = r.id ORDER BY s.id`);
      const before = await rows();

      // Its calls end well, and it is given the time to save what they gave.
      worker.process.kill("SIGCONT");
      worker.process.kill("SIGUSR2");
      worker.process.kill("SIGTERM");
      expect(await once(worker.process, "exit")).toEqual([0, null]);
      expect(await rows()).toEqual(before);
      expect(await app.history(runId)).toEqual(history);
    },
  );
});
