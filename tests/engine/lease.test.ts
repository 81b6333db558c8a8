import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { executeRun } from "../../src/engine/executor/execute-run.ts";
import { createTestEngine, type TestEngine } from "../support/engine.ts";
import { aborted, createGate, type Gate } from "../support/gate.ts";
import { createScriptedGenerator, subtasksFor } from "../support/scripted-generator.ts";

const generator = createScriptedGenerator();
const never = new AbortController().signal;
let engine: TestEngine;
let gate: Gate;
beforeAll(async () => {
  engine = await createTestEngine(generator);
});
afterAll(() => engine.close());
beforeEach(() => {
  gate = createGate();
  const { pass } = gate;
  // A call that cannot be aborted: what it gives comes too late.
  generator.script(async ({ story }) => pass().then(() => subtasksFor(story.title)));
});

/** What another worker does when it takes a run over. */
async function stealLease(runId: string): Promise<void> {
  await engine.database.prisma.run.update({ where: { id: runId }, data: { lease: { increment: 1 } } });
}

describe("an executor that has lost its lease", () => {
  it("stops and writes nothing any more", async () => {
    const runId = await engine.start(["One", "Two", "Three"]);
    const execution = executeRun(engine.parts, runId, never);
    await gate.reached(3);
    await stealLease(runId);
    const before = await engine.rows(runId);
    gate.open();
    expect(await execution).toBe("over");
    expect(await engine.rows(runId)).toBe(before);
  });

  it("finds out by its next heartbeat where nobody tells it, and writes not even that", async () => {
    generator.script(async ({ signal }) => gate.pass(signal).then(() => []));
    const runId = await engine.start(["One"]);
    const execution = executeRun(engine.parts, runId, never);
    await gate.reached(1);
    await stealLease(runId);
    const before = await engine.rows(runId);
    expect(await execution).toBe("over");
    expect(await engine.rows(runId)).toBe(before);
  });

  it("writes nothing when its process stops, either", async () => {
    const runId = await engine.start(["One"]);
    const stop = new AbortController();
    const execution = executeRun(engine.parts, runId, stop.signal);
    await gate.reached(1);
    await stealLease(runId);
    const before = await engine.rows(runId);
    stop.abort();
    gate.open();
    await execution;
    expect(await engine.rows(runId)).toBe(before);
  });

  it("aborts its calls as soon as it hears of it", async () => {
    let abort: Promise<number> | undefined;
    generator.script(async ({ signal }) => {
      abort = aborted(signal);
      await gate.pass(signal);
      return [];
    });
    const runId = await engine.start(["One"]);
    const execution = executeRun(engine.parts, runId, never);
    await gate.reached(1);
    await stealLease(runId);
    const told = performance.now();
    engine.parts.wakeUps.wake(runId, "control");
    // Far sooner than its next heartbeat would find out.
    expect(((await abort) ?? Infinity) - told).toBeLessThan(2_000);
    expect(await execution).toBe("over");
  });
});

describe("a run that is taken over", () => {
  it("is finished by the one that took it; of a paused one's calls nothing is saved, and nothing twice", async () => {
    const finish = createGate();
    generator.script(async ({ story }, call) => {
      if (story.title === "One") return subtasksFor("first");
      await (call === 1 ? gate : finish).pass();
      return subtasksFor(call === 1 ? "late" : "second");
    });
    const runId = await engine.start(["One", "Two", "Three"]);
    const paused = executeRun(engine.parts, runId, never);
    await gate.reached(2);
    await expect.poll(() => engine.statuses(runId)).toEqual(["COMPLETED", "GENERATING", "GENERATING"]);

    const next = executeRun(engine.parts, runId, never);
    await finish.reached(2);
    gate.open();
    expect(await paused).toBe("over");
    expect(await engine.statuses(runId)).toEqual(["COMPLETED", "GENERATING", "GENERATING"]);
    finish.open();
    expect(await next).toBe("over");

    const run = await engine.database.prisma.run.findUniqueOrThrow({ where: { id: runId }, include: { items: true } });
    expect(run).toMatchObject({ status: "SUCCEEDED", completedItems: 3, createdCount: 15, lease: 2 });
    expect(run.items.toSorted((a, b) => a.position - b.position).map(({ attempts }) => attempts)).toEqual([1, 2, 2]);
    const subtasks = await engine.database.prisma.subtask.findMany({ where: { runId } });
    expect(subtasks).toHaveLength(15);
    expect(subtasks.filter(({ title }) => title.includes("late"))).toEqual([]);
  });

  it("is told to the one that held it, whose calls end at once", async () => {
    generator.script(async ({ story, signal }) => gate.pass(signal).then(() => subtasksFor(story.title)));
    const runId = await engine.start(["One"]);
    const held = executeRun(engine.parts, runId, never);
    await gate.reached(1);
    const began = performance.now();
    const next = executeRun(engine.parts, runId, never);
    expect(await held).toBe("over");
    // Its next heartbeat would tell it after 5 s.
    expect(performance.now() - began).toBeLessThan(4_000);
    gate.open();
    expect(await next).toBe("over");
    expect(await engine.statuses(runId)).toEqual(["COMPLETED"]);
  });

  it("tells of each interrupted item that it waits again", async () => {
    const runId = await engine.start(["One", "Two"]);
    const paused = executeRun(engine.parts, runId, never);
    await gate.reached(2);
    const { seq } = await engine.database.prisma.run.findUniqueOrThrow({ where: { id: runId } });
    const next = executeRun(engine.parts, runId, never);
    await gate.reached(4);
    gate.open();
    await Promise.all([paused, next]);
    const events = await engine.database.prisma.runEvent.findMany({ where: { runId, seq: { gt: seq } } });
    const told = events.toSorted((a, b) => a.seq - b.seq).slice(0, 4);
    expect(
      told.map(({ kind, level, data }) => [kind, level, (data as { item?: { status: string } }).item?.status]),
    ).toEqual([
      ["RUN_UPDATED", null, undefined],
      ["LOGGED", "WARN", undefined],
      ["ITEM_UPDATED", null, "PENDING"],
      ["ITEM_UPDATED", null, "PENDING"],
    ]);
  });

  it("tells of nothing as before its start, though the clock of who started it is ahead", async () => {
    const runId = await engine.start(["One"]);
    const ahead = new Date(Date.now() + 60_000);
    const { prisma } = engine.database;
    await prisma.run.update({ where: { id: runId }, data: { createdAt: ahead } });
    await prisma.runEvent.updateMany({ where: { runId }, data: { at: ahead } });
    gate.open();
    await executeRun(engine.parts, runId, never);
    const events = await prisma.runEvent.findMany({ where: { runId }, orderBy: { seq: "asc" } });
    expect(events.length).toBeGreaterThan(3);
    expect(events.filter(({ at }) => at < ahead)).toEqual([]);
  });

  it("is left alone where it has ended or is gone", async () => {
    const runId = await engine.start(["One"]);
    await engine.runs.cancel(runId);
    const before = await engine.rows(runId);
    expect(await executeRun(engine.parts, runId, never)).toBe("over");
    expect(await engine.rows(runId)).toBe(before);
    expect(await executeRun(engine.parts, "01900000-0000-7000-8000-000000000000", never)).toBe("over");
  });
});

describe("an execution that is told to stop", () => {
  it("saves what comes in the moment that it gives calls", async () => {
    const runId = await engine.start(["One"]);
    const stop = new AbortController();
    const execution = executeRun(engine.parts, runId, stop.signal);
    await gate.reached(1);
    stop.abort();
    gate.open();
    await execution;
    expect(await engine.statuses(runId)).toEqual(["COMPLETED"]);
    expect(generator.requests).toHaveLength(1);
  });

  it("leaves a call behind that does not end, and gives its item back", async () => {
    const runId = await engine.start(["One"]);
    const stop = new AbortController();
    const execution = executeRun(engine.parts, runId, stop.signal);
    await gate.reached(1);
    stop.abort();
    expect(await execution).toBe("left");
    expect(await engine.statuses(runId)).toEqual(["PENDING"]);
    gate.open();
  });

  it("begins nothing new, and gives back what is unfinished", async () => {
    const [quick, slow] = [createGate(), createGate()];
    generator.script(async ({ story, signal }) => {
      await (story.title === "Story 1" ? quick : slow).pass(signal);
      return subtasksFor(story.title);
    });
    const runId = await engine.start(Array.from({ length: 90 }, (_, i) => `Story ${i + 1}`));
    const stop = new AbortController();
    const execution = executeRun(engine.parts, runId, stop.signal);
    await slow.reached(31);
    stop.abort();
    const begun = generator.requests.length;
    quick.open();
    expect(await execution).toBe("left");
    expect(await engine.statuses(runId)).toEqual(["COMPLETED", ...Array(89).fill("PENDING")]);
    expect(generator.requests).toHaveLength(begun);
    const run = await engine.database.prisma.run.findUniqueOrThrow({ where: { id: runId } });
    expect(run).toMatchObject({ status: "RUNNING", completedItems: 1, failedItems: 0 });
    expect(engine.complaints).toEqual([]);
  });
});
