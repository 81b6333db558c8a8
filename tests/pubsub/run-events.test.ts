import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database, Prisma } from "../../src/database/database.ts";
import { changeRunNow } from "../../src/engine/run-change.ts";
import { readEvents } from "../../src/pubsub/run-events.ts";
import { createWakeUps } from "../../src/pubsub/wake-ups.ts";
import { createTestDatabase } from "../support/database.ts";
import { createRunLog, type RunLog } from "../support/run-log.ts";

let database: Database;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

const newLog = () => createRunLog({ database, wakeUps: createWakeUps() });
const read = (log: RunLog, after = 0, limit = 100) => readEvents(database.prisma, log.runId, after, limit);
const running = (log: RunLog) => ({ runId: log.runId, statuses: ["RUNNING"] }) as const;

/** An event as another program may have written it. */
async function insert(log: RunLog, data: Prisma.InputJsonValue, itemId: string | null = null): Promise<void> {
  const { runId, projectId } = log;
  const event = { runId, projectId, seq: 1, kind: "ITEM_UPDATED", at: new Date(), itemId, data } as const;
  await database.prisma.runEvent.create({ data: event });
}

describe("a stored event", () => {
  it("gives the run as it was right after it, times included, whatever has happened since", async () => {
    const log = await newLog();
    await changeRunNow(database, running(log), (change) => {
      change.update({ phaseDetail: "first", totalItems: 3, startedAt: change.at });
      change.update({ phaseDetail: "second" });
    });
    await changeRunNow(database, running(log), (change) => change.update({ phaseDetail: "third", totalItems: 4 }));
    const events = await read(log);
    expect(events.map(({ seq, run }) => [seq, run.seq, run.phaseDetail, run.totalItems])).toEqual([
      [1, 1, "first", 3],
      [2, 2, "second", 3],
      [3, 3, "third", 4],
    ]);
    const now = await database.prisma.run.findUniqueOrThrow({ where: { id: log.runId } });
    expect(events[0]?.run.startedAt).toEqual(now.startedAt);
    expect(events[2]?.run).toEqual({ ...now, request: null, idempotencyKey: null });
  });

  it("is not there, nor its number taken, where its transaction fails", async () => {
    const log = await newLog();
    const failing = changeRunNow(database, running(log), (change) => {
      change.log("INFO", "never written");
      throw new Error("No.");
    });
    await expect(failing).rejects.toThrow("No.");
    await log.append();
    expect((await read(log)).map(({ seq, log: line }) => [seq, line?.message])).toEqual([[1, "Line 1"]]);
  });

  it("is numbered without a gap and in the order of commits, by fifty writers at once", async () => {
    const log = await newLog();
    await Promise.all(Array.from({ length: 50 }, (_, i) => log.append(1 + (i % 3))));
    const events = await read(log, 0, 1_000);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
    expect(events.map(({ log: line }) => line?.message)).toEqual(events.map((_, i) => `Line ${i + 1}`));
    const times = events.map(({ at }) => at.getTime());
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it("can be read where an older program left keys out", async () => {
    const log = await newLog();
    const itemId = "01900000-0000-7000-8000-00000000000c";
    await insert(log, { v: 1, run: { status: "RUNNING" }, item: { code: "S7" } }, itemId);
    const [event] = await read(log);
    expect(event).toMatchObject({
      run: { id: log.runId, seq: 1, status: "RUNNING", totalItems: 0, completedAt: null },
      item: { id: itemId, runId: log.runId, code: "S7", status: "PENDING", attempts: 0, error: null },
      saved: { subtaskIds: [], storyIds: [] },
    });
  });

  it.each([
    ["keys that it does not know", { v: 9, run: { later: true }, item: null, subtaskIds: [], more: [1] }],
    ["nothing", {}],
    ["no object at all", []],
    ["lists where objects were", { run: [], item: 3, subtaskIds: "none", storyIds: {} }],
  ])("can be read where a newer program wrote %s", async (_name, data) => {
    const log = await newLog();
    await insert(log, data);
    expect(await read(log)).toMatchObject([
      { seq: 1, run: { id: log.runId }, item: null, saved: { subtaskIds: [], storyIds: [] } },
    ]);
  });

  it("keeps neither the input nor the key that its run was started with", async () => {
    const log = await newLog();
    await database.prisma.run.update({
      where: { id: log.runId },
      data: { idempotencyKey: "secret", request: { a: 1 } },
    });
    await log.append();
    const { data } = await database.prisma.runEvent.findFirstOrThrow({ where: { runId: log.runId } });
    expect(JSON.stringify(data)).not.toMatch(/secret|request/);
  });
});

describe("a change of a run", () => {
  it("does nothing where the run is not as the guard says", async () => {
    const log = await newLog();
    const guards = [
      { ...running(log), lease: 7 },
      { runId: log.runId, statuses: ["QUEUED"] },
      { runId: "01900000-0000-7000-8000-000000000000", statuses: ["RUNNING"] },
    ] as const;
    for (const guard of guards) {
      expect(await changeRunNow(database, guard, () => expect.unreachable("was let in"))).toBeNull();
    }
    await log.finish();
    expect(await changeRunNow(database, running(log), (change) => change.update({ status: "FAILED" }))).toBeNull();
    const { status } = await database.prisma.run.findUniqueOrThrow({ where: { id: log.runId } });
    expect(status).toBe("SUCCEEDED");
  });

  it("never lies before an earlier one in time, though a clock does", async () => {
    const log = await newLog();
    const later = new Date(Date.now() + 60_000);
    await database.prisma.run.update({ where: { id: log.runId }, data: { heartbeatAt: later } });
    await log.append();
    expect((await read(log))[0]?.at.getTime()).toBeGreaterThanOrEqual(later.getTime());
  });
});
