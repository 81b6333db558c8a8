import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../support/app.ts";
import { rowId } from "../support/client.ts";
import { aborted, createGate } from "../support/gate.ts";
import { checkHistory } from "../support/run-history.ts";
import { createScriptedGenerator, subtasksFor } from "../support/scripted-generator.ts";

const generator = createScriptedGenerator();
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ generator });
});
afterAll(() => app.close());
beforeEach(() => generator.script());

const titles = (count: number) => Array.from({ length: count }, (_, i) => `Story ${i + 1}`);

/** Every row of the run and of what it made. */
const rows = (runId: string) =>
  app.sql(
    `SELECT (SELECT to_jsonb(r) FROM "Run" r WHERE id = $1) AS run,
      (SELECT jsonb_agg(to_jsonb(i) ORDER BY position) FROM "RunItem" i WHERE "runId" = $1) AS items,
      (SELECT jsonb_agg(to_jsonb(e) ORDER BY seq) FROM "RunEvent" e WHERE "runId" = $1) AS events,
      (SELECT count(*)::int FROM "Subtask" WHERE "runId" = $1) AS subtasks`,
    [rowId(runId)],
  );

describe("cancelling a run", () => {
  it("keeps what is finished and ends the rest, with the terminal event last", async () => {
    const gate = createGate();
    generator.script(async ({ story, signal }) => {
      if (story.title !== "Story 1") await gate.pass(signal);
      return subtasksFor(story.title);
    });
    const { epicId } = await app.backlog(titles(50));
    const runId = await app.start(epicId);
    const watching = app.history(runId);
    await app.until(runId, ({ run }) => run.completedItems === 1);
    await gate.reached(32);
    const answer = await app.cancel(runId);
    expect(answer).toMatchObject({ __typename: "CancelRunPayload", run: { status: "CANCELLED", cancelledItems: 49 } });

    const history = await watching;
    checkHistory(history);
    expect(history.at(-1)).toMatchObject({
      kind: "RUN_UPDATED",
      run: { status: "CANCELLED", phase: "GENERATING_SUBTASKS", completedItems: 1, cancelledItems: 49, progress: 100 },
    });
    const { items, completedAt, estimatedRemainingMs } = await app.readRun(runId);
    expect(items.nodes.map(({ status }) => status)).toEqual(["COMPLETED", ...Array(49).fill("CANCELLED")]);
    expect([typeof completedAt, estimatedRemainingMs]).toEqual(["string", null]);
    const stories = await app.readStories(epicId);
    expect(stories.map(({ subtasks }) => subtasks.nodes.length)).toEqual([5, ...Array(49).fill(0)]);
  });

  it("aborts the calls under way at once", async () => {
    const gate = createGate();
    const aborts: Promise<number>[] = [];
    generator.script(async ({ story, signal }) => {
      aborts.push(aborted(signal));
      await gate.pass(signal);
      return subtasksFor(story.title);
    });
    const { epicId } = await app.backlog(titles(5));
    const runId = await app.start(epicId);
    await gate.reached(5);
    await app.cancel(runId);
    const answered = performance.now();
    // A few milliseconds; a heartbeat would find out after five seconds.
    for (const at of await Promise.all(aborts)) expect(at - answered).toBeLessThan(1_500);
  });

  it("discards what a call gives that cannot be aborted, and changes nothing after the end but what it cost", async () => {
    const gate = createGate();
    generator.script(async ({ story, onUsage, onDraft }) => {
      await gate.pass();
      onUsage({ inputTokens: 7, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0.5 });
      onDraft({ index: 0, title: "Late", description: "", effort: null });
      return subtasksFor(story.title);
    });
    const { epicId } = await app.backlog(titles(2));
    const runId = await app.start(epicId);
    await gate.reached(2);
    const watching = app.history(runId);
    await app.cancel(runId);
    const history = await watching;
    const [before] = await rows(runId);
    gate.open();
    await app.idle();
    const [after] = await rows(runId);
    expect(after?.["events"]).toEqual(before?.["events"]);
    expect(after?.["events"]).toHaveLength(history.length);
    expect(after?.["subtasks"]).toBe(0);
    const { status, usage, items } = await app.readRun(runId);
    expect(status).toBe("CANCELLED");
    expect(items.nodes.map((item) => item.status)).toEqual(["CANCELLED", "CANCELLED"]);
    expect(usage).toMatchObject({ inputTokens: 14, outputTokens: 4, costUsd: 1 });
  });

  it("keeps a queued run from ever beginning", async () => {
    const gate = createGate();
    generator.script(async ({ story, signal }) => gate.pass(signal).then(() => subtasksFor(story.title)));
    // As many runs as one process drives at once.
    const busy = await Promise.all(Array.from({ length: 8 }, async () => (await app.backlog(["Busy"])).epicId));
    const runs = await Promise.all(busy.map((epicId) => app.start(epicId)));
    await gate.reached(8);
    const { epicId } = await app.backlog(titles(3));
    const runId = await app.start(epicId);
    expect(await app.cancel(runId)).toMatchObject({ run: { status: "CANCELLED", cancelledItems: 3 } });
    gate.open();
    await Promise.all(runs.map((run) => app.history(run)));
    await app.idle();
    const history = await app.history(runId);
    checkHistory(history);
    expect(history.map(({ run }) => [run.status, run.phase])).toEqual([
      ["QUEUED", "INITIALIZING"],
      ["CANCELLED", "INITIALIZING"],
    ]);
    expect((await app.readRun(runId)).startedAt).toBeNull();
    expect(generator.requests).toHaveLength(8);
  });

  it("is done once: of twenty at the same moment one cancels, and the others are told how the run ended", async () => {
    const gate = createGate();
    generator.script(async ({ signal }) => gate.pass(signal).then(() => []));
    const { epicId } = await app.backlog(titles(3));
    const runId = await app.start(epicId);
    await gate.reached(3);
    const answers = await Promise.all(Array.from({ length: 20 }, () => app.cancel(runId)));
    expect(answers.filter(({ __typename }) => __typename === "CancelRunPayload")).toHaveLength(1);
    const others = answers.filter((answer) => answer.__typename === "RunNotActiveError");
    expect(others.map(({ run }) => run.status)).toEqual(Array(19).fill("CANCELLED"));
    checkHistory(await app.history(runId));
  });

  it("races with the run's own end for exactly one terminal status, after which nothing happens", async () => {
    const ends: string[] = [];
    for (let round = 0; round < 30; round += 1) {
      const gate = createGate();
      generator.script(async ({ story, signal }) => gate.pass(signal).then(() => subtasksFor(story.title, 1)));
      const { epicId } = await app.backlog(["Only"]);
      const runId = await app.start(epicId);
      await gate.reached(1);
      const watching = app.history(runId);
      // The cancel is sent from well before the end, over about the same moment, to well after it.
      const cancelling = round < 20 ? app.cancel(runId) : null;
      if (round === 0) await cancelling;
      for (let turn = 0; turn < 20 - round; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      gate.open();
      for (let turn = 20; turn < round; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      if (round === 29) await watching;
      const answer = await (cancelling ?? app.cancel(runId));
      const history = await watching;
      await app.idle();
      checkHistory(history);
      const { status, items } = await app.readRun(runId);
      ends.push(status);
      expect(answer).toMatchObject({
        __typename: status === "CANCELLED" ? "CancelRunPayload" : "RunNotActiveError",
        run: { status },
      });
      expect(["CANCELLED", "SUCCEEDED"]).toContain(status);
      expect(items.nodes[0]?.status).toBe(status === "CANCELLED" ? "CANCELLED" : "COMPLETED");
      const [{ events, subtasks } = {}] = await rows(runId);
      expect([events.length, subtasks]).toEqual([history.length, status === "CANCELLED" ? 0 : 1]);
    }
    expect(new Set(ends)).toEqual(new Set(["CANCELLED", "SUCCEEDED"]));
  });
});
