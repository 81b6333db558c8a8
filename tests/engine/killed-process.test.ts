import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../support/app.ts";
import { createTestClient } from "../support/client.ts";
import { createTestDatabaseUrl } from "../support/database.ts";
import { checkHistory } from "../support/run-history.ts";
import { createScriptedGenerator } from "../support/scripted-generator.ts";

let child: ChildProcess | undefined;
let app: TestApp | undefined;
afterEach(async () => {
  child?.kill("SIGKILL");
  await app?.close();
});

/** A server in a process of its own. */
async function startChild(databaseUrl: string): Promise<{ process: ChildProcess; url: string }> {
  const script = new URL("../support/run-child.ts", import.meta.url).pathname;
  const process_ = spawn(process.execPath, [script], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ["ignore", "pipe", "inherit"],
  });
  child = process_;
  const [url] = (await once(createInterface(process_.stdout), "line")) as [string];
  return { process: process_, url };
}

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
