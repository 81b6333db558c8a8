import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../support/app.ts";
import { startCursorOf } from "../support/client.ts";
import { createGate } from "../support/gate.ts";
import { ReadProjects } from "../support/operations.ts";
import { createScriptedGenerator, subtasksFor } from "../support/scripted-generator.ts";

const gate = createGate();
let app: TestApp;
beforeAll(async () => {
  const generator = createScriptedGenerator(async ({ story, signal }) => {
    if (story.title !== "Done") await gate.pass(signal);
    return subtasksFor(story.title);
  });
  app = await startTestApp({ generator });
});
afterAll(() => app.close());

const TABLES = ["Project", "Epic", "Story", "Subtask", "SubtaskDependency", "Run", "RunItem", "RunEvent"];

/** Every version of every row: who updates, locks, inserts or deletes one shows here. */
async function versions() {
  const rows = TABLES.map((table) => app.sql(`SELECT xmin, xmax, ctid, * FROM "${table}" ORDER BY ctid`));
  return JSON.stringify(await Promise.all(rows));
}

it("reading and watching, while a run is under way and after it, change no row", async () => {
  const { epicId } = await app.backlog(["Done", "Waits"]);
  const runId = await app.start(epicId);
  await app.until(runId, ({ run }) => run.completedItems === 1);
  await gate.reached(1);

  async function readAll(): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      await Promise.all([app.readRun(runId), app.readStories(epicId), app.send(ReadProjects, {})]);
      for (const after of [null, startCursorOf(runId)])
        for await (const { kind } of app.watch(runId, after)) if (kind !== "LOGGED") break;
      await expect(app.watchToEnd(runId, "garbage")).rejects.toThrow("is not a cursor");
      await expect.poll(app.app.watchedRuns, { interval: 5 }).toBe(0);
    }
  }

  // A heartbeat that fell into it would be a write of the executor: then once more.
  const heartbeat = () => app.sql(`SELECT "heartbeatAt"::text FROM "Run"`);
  for (;;) {
    const [beat, before] = [await heartbeat(), await versions()];
    await readAll();
    const after = await versions();
    if (JSON.stringify(await heartbeat()) !== JSON.stringify(beat)) continue;
    expect(after).toBe(before);
    break;
  }
  gate.open();
  await app.history(runId);
  await app.idle();
  const ended = await versions();
  await readAll();
  expect(await versions()).toBe(ended);
});
