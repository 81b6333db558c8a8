import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Database } from "../../src/database/database.ts";
import { UNOBSERVED } from "../../src/engine/observer.ts";
import { type Retention, RETENTION_LOCK, startRetention } from "../../src/engine/retention.ts";
import { createWakeUps } from "../../src/pubsub/wake-ups.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { rowId, startCursorOf } from "../support/client.ts";
import { createTestDatabase } from "../support/database.ts";
import { createRunLog } from "../support/run-log.ts";
import { createScriptedGenerator, subtasksFor } from "../support/scripted-generator.ts";

const DAYS = 30;

describe("the history of a run that ended more than RUN_HISTORY_DAYS ago", () => {
  const generator = createScriptedGenerator(async ({ story, onUsage }) => {
    onUsage({ inputTokens: 10, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0.5 });
    return subtasksFor(story.title);
  });
  let app: TestApp;
  const old = { runId: "", cursors: [""], epicId: "" };
  const young = { runId: "" };
  let before: unknown;

  const endedDaysAgo = (runId: string, days: number) =>
    app.sql(`UPDATE "Run" SET "completedAt" = now() - $2 * interval '1 day' WHERE id = $1`, [rowId(runId), days]);
  const eventsOf = (runId: string) => app.sql(`SELECT seq FROM "RunEvent" WHERE "runId" = $1`, [rowId(runId)]);

  /** What must stay. */
  async function results() {
    const { logs: _logs, ...run } = await app.readRun(old.runId);
    return { run, stories: await app.readStories(old.epicId) };
  }

  beforeAll(async () => {
    app = await startTestApp({ generator });
    const { epicId } = await app.backlog(["One", "Two", "Three"]);
    old.epicId = epicId;
    old.runId = await app.start(epicId);
    old.cursors = (await app.history(old.runId)).map(({ cursor }) => cursor);
    young.runId = await app.start(epicId, {
      existingBehavior: "APPEND",
      storyIds: [(await app.readStories(epicId))[0]?.id ?? ""],
    });
    await app.history(young.runId);
    await endedDaysAgo(old.runId, DAYS + 1);
    await endedDaysAgo(young.runId, DAYS - 1);
    await app.sql(`UPDATE pgboss.job SET completed_on = now() - interval '31 days' WHERE data->>'runId' = $1`, [
      rowId(old.runId),
    ]);
    await app.sql(`UPDATE pgboss.queue SET maintain_on = NULL`);
    before = await results();
    await app.close();
    app = await startTestApp({ generator, databaseUrl: app.databaseUrl, logLevel: "info" });
    await vi.waitFor(
      async () => {
        if ((await eventsOf(old.runId)).length > 0) throw new Error("They are still there.");
      },
      { timeout: 20_000 },
    );
  });
  afterAll(() => app.close());

  it("is gone: its cursors are expired, the one before its first event too", async () => {
    for (const cursor of [startCursorOf(old.runId), ...old.cursors.slice(0, -1)])
      await expect(app.watchToEnd(old.runId, cursor)).rejects.toMatchObject({ code: "CURSOR_EXPIRED" });
    expect((await app.readRun(old.runId)).logs.nodes).toEqual([]);
  });

  it("leaves the run, its items, counters, usage and results as they were", async () => {
    expect(await results()).toEqual(before);
    expect((await app.watchToEnd(old.runId)).map(({ kind, run }) => [kind, run.status])).toEqual([
      ["SNAPSHOT", "SUCCEEDED"],
    ]);
  });

  it("lets who has seen its end come back quietly", async () => {
    expect(await app.watchToEnd(old.runId, old.cursors.at(-1))).toEqual([]);
  });

  it("goes without that of a younger one", async () => {
    const history = await app.history(young.runId);
    expect(history.at(-1)).toMatchObject({ seq: history.length, run: { status: "SUCCEEDED" } });
    expect((await app.readRun(young.runId)).logs.nodes).not.toEqual([]);
  });

  it("is told of in one line of the log", async () => {
    const lines = () => app.logged.filter(({ msg }) => msg.startsWith("events of runs that ended long ago"));
    await expect.poll(lines).toMatchObject([{ runs: 1, events: old.cursors.length, durationMs: expect.any(Number) }]);
  });

  it("takes its job with it, and leaves that of the younger", async () => {
    const jobs = () =>
      app.sql<{ run: string }>(`SELECT data->>'runId' AS run FROM pgboss.job WHERE state = 'completed'`);
    await expect.poll(jobs).toEqual([{ run: rowId(young.runId) }]);
  });
});

describe("cleaning", () => {
  const log = pino({ level: "silent" });
  const cleaned: number[] = [];
  const retentions: Retention[] = [];
  let database: Database;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.close());
  afterEach(async () => {
    vi.useRealTimers();
    for (const retention of retentions.splice(0)) await retention.close();
    cleaned.length = 0;
    await database.prisma.project.deleteMany();
  });

  async function oldRun(events: number) {
    const run = await createRunLog({ database, wakeUps: createWakeUps() }, { events: events - 1 });
    await run.finish();
    await age(run.runId);
    return run.runId;
  }
  const age = (id: string) =>
    database.prisma.run.update({
      where: { id },
      data: { completedAt: new Date(Date.now() - (DAYS + 1) * 86_400_000) },
    });
  const seqsOf = async (runId: string) =>
    (await database.prisma.runEvent.findMany({ where: { runId }, orderBy: { seq: "asc" } })).map(({ seq }) => seq);

  function start(told: { onCleaned?: () => void; database?: Database } = {}): Retention {
    const observer = {
      ...UNOBSERVED,
      eventsCleaned: (count: number) => {
        cleaned.push(count);
        told.onCleaned?.();
      },
    };
    const retention = startRetention({ database, ...told, historyDays: DAYS, log, observer });
    retentions.push(retention);
    return retention;
  }

  it("goes in small transactions, over as many runs as there are", async () => {
    const runs = [await oldRun(2_300), await oldRun(1), await oldRun(700)];
    start();
    for (const runId of runs) await expect.poll(() => seqsOf(runId)).toEqual([]);
    expect(cleaned.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...cleaned)).toBeLessThanOrEqual(1_000);
    expect(cleaned.reduce((sum, count) => sum + count)).toBe(3_001);
  });

  it("that stops in the middle leaves the last of a run's events, without gaps", async () => {
    const runId = await oldRun(2_300);
    const stopped = Promise.withResolvers<void>();
    const retention = start({ onCleaned: () => stopped.resolve(retention.close()) });
    await stopped.promise;
    expect(await seqsOf(runId)).toEqual(Array.from({ length: 1_300 }, (_, i) => 1_001 + i));
  });

  it("lets a run alone that goes on, however long ago it began", async () => {
    const going = await createRunLog({ database, wakeUps: createWakeUps() }, { events: 5 });
    await database.prisma.run.update({
      where: { id: going.runId },
      data: { createdAt: new Date(0), startedAt: new Date(0) },
    });
    const ended = await oldRun(1);
    start();
    await expect.poll(() => seqsOf(ended)).toEqual([]);
    expect(await seqsOf(going.runId)).toEqual([1, 2, 3, 4, 5]);
  });

  it("is left to another process that is at it", async () => {
    const runId = await oldRun(5);
    const holder = await database.pool.connect();
    await holder.query("SELECT pg_advisory_lock($1)", [RETENTION_LOCK]);
    const looked = Promise.withResolvers<void>();
    start({
      database: { ...database, transaction: (work) => database.transaction(work).finally(() => looked.resolve()) },
    });
    await looked.promise;
    await retentions.pop()?.close();
    expect(await seqsOf(runId)).toHaveLength(5);
    await holder.query("SELECT pg_advisory_unlock($1)", [RETENTION_LOCK]);
    holder.release();
    start();
    await expect.poll(() => seqsOf(runId)).toEqual([]);
  });

  it("comes again each hour, for what has grown old since", async () => {
    vi.useFakeTimers({ toFake: ["setInterval"] });
    const first = await oldRun(3);
    start();
    await expect.poll(() => seqsOf(first)).toEqual([]);
    const second = await oldRun(3);
    vi.advanceTimersByTime(3_600_000);
    await expect.poll(() => seqsOf(second)).toEqual([]);
  });
});
