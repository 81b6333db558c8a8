import pg from "pg";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { startTestApp, type TestApp } from "../support/app.ts";
import { type Backlog, rowId } from "../support/client.ts";
import { aborted, createGate, type Gate } from "../support/gate.ts";
import { CreateEpic, DeleteEpic, DeleteProject, DeleteStory, MoveStory, ReadRun } from "../support/operations.ts";
import { createScriptedGenerator, subtasksFor } from "../support/scripted-generator.ts";

const generator = createScriptedGenerator(undefined, { limited: true });
let app: TestApp;
let gate: Gate;
let aborts: Map<string, Promise<number>>;
afterEach(() => app.close());
beforeEach(async () => {
  // A fresh one each time: how many may be in flight grows with every success.
  app = await startTestApp({ generator });
  gate = createGate();
  const { pass } = gate;
  aborts = new Map();
  const abortsNow = aborts;
  generator.script(async ({ story, signal }) => {
    abortsNow.set(story.title, aborted(signal));
    await pass(signal);
    return subtasksFor(story.title);
  });
});

/** A run of twenty stories, of which sixteen are being generated and four wait. */
async function running(): Promise<Backlog & { runId: string }> {
  const backlog = await app.backlog(Array.from({ length: 20 }, (_, i) => `Story ${i + 1}`));
  const runId = await app.start(backlog.epicId);
  await gate.reached(16);
  return { ...backlog, runId };
}

/** That the program still does all it should. */
async function expectGoingOn(): Promise<void> {
  generator.script();
  const { epicId } = await app.backlog(["Another"]);
  const history = await app.history(await app.start(epicId));
  expect(history.at(-1)?.run.status).toBe("SUCCEEDED");
  await app.idle();
  expect(app.complaints.splice(0).map(({ msg, err }) => `${msg}: ${err?.message}`)).toEqual([]);
}

describe("a story that is deleted while a run works on it", () => {
  it("is skipped with that reason, and its call is aborted; the others go on", async () => {
    const { epicId, storyIds, runId } = await running();
    await app.send(DeleteStory, { id: storyIds[2] ?? "" });
    await aborts.get("Story 3");
    const told = await app.until(runId, ({ run }) => run.skippedItems === 1);
    expect(told).toMatchObject({ kind: "RUN_UPDATED", run: { status: "RUNNING", skippedItems: 1, totalItems: 20 } });
    gate.open();
    const history = await app.history(runId);
    expect(history.at(-1)?.run).toMatchObject({
      status: "SUCCEEDED",
      completedItems: 19,
      skippedItems: 1,
      failedItems: 0,
    });
    const { items } = await app.readRun(runId);
    expect(items.nodes[2]).toMatchObject({
      status: "SKIPPED",
      error: "The story was deleted.",
      story: null,
      code: "S3",
    });
    expect(items.nodes.filter(({ status }) => status === "COMPLETED")).toHaveLength(19);
    expect(await app.readStories(epicId)).toHaveLength(19);
    await expectGoingOn();
  });

  it("is skipped where it waits for its turn, and no call is made for it", async () => {
    const { storyIds, runId } = await running();
    await app.send(DeleteStory, { id: storyIds[18] ?? "" });
    gate.open();
    const history = await app.history(runId);
    expect(history.at(-1)?.run).toMatchObject({ status: "SUCCEEDED", completedItems: 19, skippedItems: 1 });
    expect((await app.readRun(runId)).items.nodes[18]).toMatchObject({ status: "SKIPPED", attempts: 0 });
    expect(generator.requests.map(({ story }) => story.title)).not.toContain("Story 19");
    await expectGoingOn();
  });

  it("stays completed where it was done: what it was is kept with the run", async () => {
    const done = createGate();
    generator.script(async ({ story, signal }) => {
      if (story.title !== "Story 1") await done.pass(signal);
      return subtasksFor(story.title);
    });
    const { epicId, storyIds } = await app.backlog(["Story 1", "Story 2"]);
    const runId = await app.start(epicId);
    const completed = await app.until(runId, ({ item }) => item?.status === "COMPLETED");
    expect(completed.subtasks).toHaveLength(5);
    await app.send(DeleteStory, { id: storyIds[0] ?? "" });
    done.open();
    const history = await app.history(runId);
    expect(history.at(-1)?.run).toMatchObject({ status: "SUCCEEDED", completedItems: 2, skippedItems: 0 });
    const again = history.find(({ seq }) => seq === completed.seq);
    expect(again).toMatchObject({ item: { status: "COMPLETED", createdCount: 5, title: "Story 1" }, subtasks: [] });
    await expectGoingOn();
  });

  it("ends the run where it was the last that was left", async () => {
    const { epicId, storyIds } = await app.backlog(["Only"]);
    const runId = await app.start(epicId);
    await gate.reached(1);
    await app.send(DeleteStory, { id: storyIds[0] ?? "" });
    expect((await app.history(runId)).at(-1)?.run).toMatchObject({
      status: "SUCCEEDED",
      skippedItems: 1,
      progress: 100,
    });
    await expectGoingOn();
  });

  it("breaks nothing where all of them go at the same moment as they are saved", async () => {
    const { epicId, storyIds, runId } = await running();
    const going = Promise.all(storyIds.map((id) => app.send(DeleteStory, { id })));
    gate.open();
    await going;
    const last = (await app.history(runId)).at(-1)?.run;
    expect(last).toMatchObject({ status: "SUCCEEDED", failedItems: 0, progress: 100 });
    expect((last?.completedItems ?? 0) + (last?.skippedItems ?? 0)).toBe(20);
    expect(await app.readStories(epicId)).toEqual([]);
    const { items, ...run } = await app.readRun(runId);
    const count = (status: string) => items.nodes.filter((item) => item.status === status).length;
    expect([count("COMPLETED"), count("SKIPPED")]).toEqual([run.completedItems, run.skippedItems]);
    await expectGoingOn();
  });
});

describe("an epic that is deleted while a run works on it", () => {
  it("has all its unfinished stories skipped with that reason, and the run ends", async () => {
    const { epicId, runId } = await running();
    await app.send(DeleteEpic, { id: epicId });
    const history = await app.history(runId);
    expect(history.at(-1)?.run).toMatchObject({ status: "SUCCEEDED", skippedItems: 20, progress: 100 });
    await Promise.all(aborts.values());
    const { items, epic } = await app.readRun(runId);
    expect(epic).toBeNull();
    expect(new Set(items.nodes.map(({ status, error }) => `${status}: ${error}`))).toEqual(
      new Set(["SKIPPED: The epic was deleted."]),
    );
    await expectGoingOn();
  });

  it("leaves a story to the run that was moved out of it", async () => {
    const { projectId, epicId, storyIds, runId } = await running();
    const made = await app.send(CreateEpic, { input: { projectId, title: "Elsewhere" } });
    if (made.createEpic.__typename !== "CreateEpicPayload") throw new Error(made.createEpic.message);
    const elsewhere = made.createEpic.epic.id;
    for (const id of [storyIds[0] ?? "", storyIds[19] ?? ""])
      await app.send(MoveStory, { input: { id, epicId: elsewhere, position: 0 } });
    await app.send(DeleteEpic, { id: epicId });
    gate.open();
    const history = await app.history(runId);
    expect(history.at(-1)?.run).toMatchObject({ status: "SUCCEEDED", skippedItems: 18, completedItems: 2 });
    expect((await app.readStories(elsewhere)).map(({ subtasks }) => subtasks.nodes.length)).toEqual([5, 5]);
    await expectGoingOn();
  });
});

describe("a project that is deleted while a run works on it", () => {
  it("takes the run with it: calls are aborted, and whoever watches gets NOT_FOUND", async () => {
    const { projectId, runId } = await running();
    const watchers = [app.history(runId), app.watchToEnd(runId), app.watchToEnd(runId)];
    const ends = Promise.allSettled(watchers);
    await expect.poll(app.app.watchedRuns, { interval: 5 }).toBe(1);
    await app.send(DeleteProject, { id: projectId });
    for (const end of await ends) expect(end).toMatchObject({ status: "rejected", reason: { code: "NOT_FOUND" } });
    await Promise.all(aborts.values());
    gate.open();
    await app.idle();
    expect(app.app.watchedRuns()).toBe(0);
    expect(await app.send(ReadRun, { id: runId })).toEqual({ run: null });
    for (const table of ["RunItem", "RunEvent"])
      expect(await app.sql(`SELECT * FROM "${table}" WHERE "runId" = $1`, [rowId(runId)])).toEqual([]);
    await expectGoingOn();
  });

  it("waits for the run's step under way, and locks nothing that the step may want", async () => {
    const { projectId, runId } = await running();
    const step = new pg.Client({ connectionString: app.databaseUrl });
    onTestFinished(() => step.end());
    await step.connect();
    await step.query("BEGIN");
    await step.query(`SELECT id FROM "Run" WHERE id = $1 FOR NO KEY UPDATE`, [rowId(runId)]);
    const deletion = app.send(DeleteProject, { id: projectId });
    const waiting = `SELECT pid FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND query NOT LIKE '%heartbeatAt%'`;
    await expect.poll(() => app.sql(waiting), { interval: 5, timeout: 10_000 }).toHaveLength(1);
    for (const [table, column] of [
      ["Project", "id"],
      ["Epic", "projectId"],
      ["Story", "projectId"],
      ["RunItem", "projectId"],
    ]) {
      const rows = `FROM "${table}" WHERE "${column}" = $1`;
      const { rowCount: free } = await step.query(`SELECT id ${rows} FOR NO KEY UPDATE SKIP LOCKED`, [
        rowId(projectId),
      ]);
      const { rowCount: all } = await step.query(`SELECT id ${rows}`, [rowId(projectId)]);
      expect([table, free]).toEqual([table, all]);
    }
    await step.query("COMMIT");
    await deletion;
    gate.open();
    await app.idle();
    expect(await app.send(ReadRun, { id: runId })).toEqual({ run: null });
    await expectGoingOn();
  });

  it("can be deleted again and again while it is started again and again", async () => {
    gate.open();
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { projectId, epicId } = await app.backlog(["One", "Two"]);
        await Promise.allSettled([app.start(epicId), app.send(DeleteProject, { id: projectId })]);
      }),
    );
    await app.idle();
    expect(await app.sql(`SELECT id FROM "Run" WHERE status IN ('QUEUED', 'RUNNING')`)).toEqual([]);
    await expectGoingOn();
  });
});
