import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { GenerationError } from "../../src/generation/generator.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { rowId } from "../support/client.ts";
import { createGate, type Gate } from "../support/gate.ts";
import { checkHistory } from "../support/run-history.ts";
import { type Behaviour, createScriptedGenerator, subtasksFor } from "../support/scripted-generator.ts";

const generator = createScriptedGenerator();
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ generator });
});
afterAll(() => app.close());
beforeEach(() => generator.script());

const titles = (count: number) => Array.from({ length: count }, (_, i) => `Story ${i + 1}`);

const done: Behaviour = async ({ story }) => subtasksFor(story.title);
const fails: Behaviour = async () => {
  throw new GenerationError("The model was not in the mood. Retry the run.");
};

/** Waits at the gate, and then is done. */
const behind =
  (gate: Gate): Behaviour =>
  async (request, call) => {
    await gate.pass(request.signal);
    return done(request, call);
  };

/** Behaves by the story's title; all others are done at once. */
function byTitle(behaviours: Readonly<Record<string, Behaviour>>): Behaviour {
  return (request, call) => (behaviours[request.story.title] ?? done)(request, call);
}

describe("a run", () => {
  it("works through every story, and saves what was generated for it", async () => {
    const { epicId } = await app.backlog(titles(3));
    const runId = await app.start(epicId);
    const last = (await app.history(runId)).at(-1);
    expect(last).toMatchObject({
      kind: "RUN_UPDATED",
      run: { status: "SUCCEEDED", phase: "COMPLETED", progress: 100, completedItems: 3, createdCount: 15, error: null },
    });
    for (const { title, subtasks } of await app.readStories(epicId)) {
      expect(subtasks.nodes.map((subtask) => subtask.title)).toEqual(
        subtasksFor(title).map((subtask) => subtask.title),
      );
      expect(new Set(subtasks.nodes.map(({ run, origin }) => `${run?.id} ${origin}`))).toEqual(
        new Set([`${runId} GENERATED`]),
      );
      expect(subtasks.nodes.map(({ dependsOn }) => dependsOn.map(({ code }) => code))).toEqual([
        [],
        ["ST1"],
        ["ST2"],
        ["ST3"],
        ["ST4"],
      ]);
    }
  });

  it("tells of every change in order, with counters that equal the counted items after each event", async () => {
    generator.script(async (request, call) => {
      const number = Number(/\d+/.exec(request.story.title)?.[0]);
      // In another order than they start in.
      await new Promise((resolve) => setTimeout(resolve, (number * 7) % 23));
      if (number % 5 === 0) return fails(request, call);
      return subtasksFor(request.story.title, (number % 6) + 1);
    });
    const { epicId } = await app.backlog(titles(40));
    const runId = await app.start(epicId);
    const history = await app.history(runId);
    checkHistory(history);
    expect(history.at(-1)?.run).toMatchObject({ status: "PARTIAL", completedItems: 32, failedItems: 8 });
    const { items, ...run } = await app.readRun(runId);
    expect(run).toMatchObject({
      completedItems: 32,
      failedItems: 8,
      skippedItems: 0,
      cancelledItems: 0,
      progress: 100,
    });
    expect(items.nodes.map(({ createdCount }) => createdCount).reduce((a, b) => a + b)).toBe(run.createdCount);
    expect(items.nodes.every(({ attempts }) => attempts === 1)).toBe(true);
  });

  it("shows with each completed item what was saved, in order: ST10 comes after ST9", async () => {
    generator.script(async ({ story }) => subtasksFor(story.title, 12));
    const { epicId } = await app.backlog(["Long"]);
    const runId = await app.start(epicId);
    const codes = Array.from({ length: 12 }, (_, i) => `ST${i + 1}`);
    const completed = await app.until(runId, ({ item }) => item?.status === "COMPLETED");
    expect(completed.subtasks.map(({ code }) => code)).toEqual(codes);
    const [story] = await app.readStories(epicId);
    expect(story?.subtasks.nodes.map(({ code, position }) => [code, position])).toEqual(
      codes.map((code, i) => [code, i]),
    );
  });

  it("is told what it needs: the project, the epic, every title of it, and how finely to split", async () => {
    const { epicId } = await app.backlog(["As a cook I want to bake so that people eat", "Other"]);
    await app.history(await app.start(epicId));
    const [request] = generator.requests;
    expect(request).toMatchObject({
      context: { project: { name: "Test" }, epic: { title: "Epic" }, storyTitles: ["Bake", "Other"] },
      story: { title: "Bake", persona: "cook", existingSubtasks: [] },
      mode: "STANDARD",
    });
    expect(Object.keys(request?.story ?? {})).toContain("acceptanceCriteria");
  });

  it("adds up what its calls took", async () => {
    generator.script(async ({ story, onUsage }) => {
      onUsage({ inputTokens: 100, outputTokens: 20, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0.25 });
      onUsage({ inputTokens: 1, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0.5 });
      return subtasksFor(story.title);
    });
    const { epicId } = await app.backlog(titles(2));
    const runId = await app.start(epicId);
    await app.history(runId);
    const { usage, items } = await app.readRun(runId);
    expect(usage).toMatchObject({ inputTokens: 202, outputTokens: 44, costUsd: 1.5 });
    expect(items.nodes.map((item) => item.usage.inputTokens)).toEqual([101, 101]);
  });

  it("estimates what is left from its first completed item on, until it ends", async () => {
    const gate = createGate();
    generator.script(byTitle({ "Story 2": behind(gate) }));
    const { epicId } = await app.backlog(titles(3));
    const runId = await app.start(epicId);
    await app.until(runId, ({ run }) => run.completedItems === 2);
    expect((await app.readRun(runId)).estimatedRemainingMs).toEqual(expect.any(Number));
    gate.open();
    for (const { run } of await app.history(runId)) {
      const known = run.completedItems > 0 && run.status === "RUNNING";
      expect(run.estimatedRemainingMs).toEqual(known ? expect.any(Number) : null);
    }
  });

  it("freezes its clock when it ends", async () => {
    const { epicId } = await app.backlog(titles(1));
    const runId = await app.start(epicId);
    await app.history(runId);
    const { elapsedMs, startedAt, completedAt } = await app.readRun(runId);
    expect(elapsedMs).toBe(Date.parse(completedAt ?? "") - Date.parse(startedAt ?? ""));
  });

  it("never has more in flight than it may, and fills up what becomes free", async () => {
    const gate = createGate();
    generator.script(behind(gate));
    const { epicId } = await app.backlog(titles(200));
    const runId = await app.start(epicId);
    await gate.reached(32);
    gate.open();
    checkHistory(await app.history(runId));
    const events = await app.sql<{ limit: number; itemId: string | null; status: string | null }>(
      `SELECT (data->'run'->>'inFlightLimit')::int AS limit, "itemId", data->'item'->>'status' AS status
       FROM "RunEvent" WHERE "runId" = $1 ORDER BY seq`,
      [rowId(runId)],
    );
    const inFlight = new Set<string>();
    let most = 0;
    for (const { limit, itemId, status } of events) {
      if (itemId !== null && status === "GENERATING") inFlight.add(itemId);
      else if (itemId !== null) inFlight.delete(itemId);
      expect(inFlight.size).toBeLessThanOrEqual(limit);
      most = Math.max(most, inFlight.size);
    }
    expect(most).toBeGreaterThanOrEqual(32);
    expect(generator.requests).toHaveLength(200);
  });

  it("runs beside those of other projects", async () => {
    const gate = createGate();
    generator.script(behind(gate));
    const backlogs = await Promise.all(Array.from({ length: 5 }, () => app.backlog(titles(2))));
    const runs = await Promise.all(backlogs.map(({ epicId }) => app.start(epicId)));
    await gate.reached(10);
    gate.open();
    const ends = await Promise.all(runs.map(async (runId) => (await app.history(runId)).at(-1)?.run.status));
    expect(ends).toEqual(Array(5).fill("SUCCEEDED"));
  });
});
