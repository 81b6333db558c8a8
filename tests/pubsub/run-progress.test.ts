import { once } from "node:events";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { startTestApp, type TestApp } from "../support/app.ts";
import { type Progress, rowId, startCursorOf } from "../support/client.ts";
import { createGate, type Gate } from "../support/gate.ts";
import { WatchRun } from "../support/operations.ts";
import { checkClock, checkHistory } from "../support/run-history.ts";
import { createScriptedGenerator, subtasksFor } from "../support/scripted-generator.ts";

const generator = createScriptedGenerator();
let app: TestApp;
let gate: Gate;
beforeAll(async () => {
  app = await startTestApp({ generator });
});
afterAll(() => app.close());
beforeEach(async () => {
  gate = createGate();
  const { pass } = gate;
  generator.script(async ({ story, signal }) => {
    await pass(signal);
    return subtasksFor(story.title);
  });
});

const titles = (count: number) => Array.from({ length: count }, (_, i) => `Story ${i + 1}`);
const told = (progress: readonly Progress[]) => progress.map(({ seq, kind, item }) => `${seq} ${kind} ${item?.status}`);

/** A run that is under way, its calls at the gate. */
async function running(count = 3): Promise<string> {
  const { epicId } = await app.backlog(titles(count));
  const runId = await app.start(epicId);
  await gate.reached(Math.min(count, 32));
  return runId;
}

describe("watching a run over WebSocket", () => {
  it("begins with a SNAPSHOT, and ends with the run", async () => {
    const runId = await running();
    const [{ seq } = {}] = await app.sql<{ seq: number }>(`SELECT seq FROM "Run" WHERE id = $1`, [rowId(runId)]);
    const watching = app.watchToEnd(runId);
    await expect.poll(app.app.watchedRuns, { interval: 5 }).toBe(1);
    gate.open();
    const [first, ...events] = await watching;
    expect(first).toMatchObject({ kind: "SNAPSHOT", seq, item: null, run: { status: "RUNNING", completedItems: 0 } });
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => (seq ?? 0) + 1 + i));
    expect(events.at(-1)?.run.status).toBe("SUCCEEDED");
  });

  it("shows the same afterwards as it showed live", async () => {
    const { epicId } = await app.backlog(titles(10));
    const runId = await app.start(epicId);
    const live = app.watchToEnd(runId, startCursorOf(runId));
    await gate.reached(10);
    gate.open();
    const seen = await live;
    const replayed = await app.history(runId);
    checkHistory(replayed);
    expect(replayed).toEqual(seen);
  });

  it("gives one SNAPSHOT of a run that has ended, or what came after the cursor", async () => {
    const runId = await running();
    gate.open();
    const history = await app.history(runId);
    expect(await app.watchToEnd(runId)).toMatchObject([
      { kind: "SNAPSHOT", seq: history.length, cursor: history.at(-1)?.cursor, run: { status: "SUCCEEDED" } },
    ]);
    for (const [index, { cursor }] of history.entries())
      expect(told(await app.watchToEnd(runId, cursor))).toEqual(told(history.slice(index + 1)));
  });

  it("gives fifty watchers that join at any time every event once, in order", async () => {
    const { epicId } = await app.backlog(titles(30));
    gate.open();
    generator.script(async ({ story }) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      return subtasksFor(story.title, 2);
    });
    const runId = await app.start(epicId, { pacing: "ADAPTIVE" });
    const watchers: Promise<Progress[]>[] = [];
    for await (const { cursor } of app.watch(runId, startCursorOf(runId))) {
      if (watchers.length < 50)
        watchers.push(app.watchToEnd(runId, [null, cursor, startCursorOf(runId)][watchers.length % 3]));
    }
    const history = await app.history(runId);
    expect(watchers).toHaveLength(50);
    for (const got of await Promise.all(watchers)) {
      const first = got[0]?.seq ?? history.length + 1;
      expect(got.map(({ seq }) => seq)).toEqual(history.map(({ seq }) => seq).slice(first - 1));
      const events = got[0]?.kind === "SNAPSHOT" ? got.slice(1) : got;
      expect(told(events)).toEqual(told(history.slice(history.length - events.length)));
    }
  });

  it.each([
    ["NOT_FOUND", "a malformed id", () => ["nonsense", null]],
    [
      "NOT_FOUND",
      "an id of nothing",
      () => [Buffer.from("Run:01900000-0000-7000-8000-000000000000").toString("base64url"), null],
    ],
    [
      "NOT_FOUND",
      "an id of another type",
      (runId: string) => [Buffer.from(`Epic:${rowId(runId)}`).toString("base64url"), null],
    ],
    ["BAD_CURSOR", "garbage for a cursor", (runId: string) => [runId, "garbage"]],
    [
      "BAD_CURSOR",
      "a cursor of the future",
      (runId: string) => [runId, Buffer.from(`${rowId(runId)}:99999`).toString("base64url")],
    ],
  ] as const)("is %s for %s", async (code, _name, make) => {
    const runId = await running(1);
    const [id, after] = make(runId);
    await expect(app.watchToEnd(id ?? "", after)).rejects.toMatchObject({ code });
    gate.open();
    await app.history(runId);
    expect(app.app.watchedRuns()).toBe(0);
  });

  it("is CURSOR_EXPIRED where the events after the cursor have been cleaned away", async () => {
    const runId = await running(1);
    gate.open();
    const history = await app.history(runId);
    await app.sql(`DELETE FROM "RunEvent" WHERE "runId" = $1 AND seq < 4`, [rowId(runId)]);
    await expect(app.history(runId)).rejects.toMatchObject({ code: "CURSOR_EXPIRED" });
    expect(told(await app.watchToEnd(runId, history[2]?.cursor))).toEqual(told(history.slice(3)));
  });

  it("leaves nothing behind when the last watcher leaves, politely or not", async () => {
    const runId = await running(2);
    const polite = app.watch(runId);
    await polite.next();
    expect(app.app.watchedRuns()).toBe(1);
    await polite.return(undefined);
    await expect.poll(app.app.watchedRuns, { interval: 5 }).toBe(0);

    const sockets = await Promise.all(Array.from({ length: 5 }, () => subscribeRaw(runId)));
    expect(app.app.watchedRuns()).toBe(1);
    for (const socket of sockets) socket.terminate();
    await expect.poll(app.app.watchedRuns, { interval: 5 }).toBe(0);
    gate.open();
    expect((await app.history(runId)).at(-1)?.run.status).toBe("SUCCEEDED");
    expect(app.complaints).toEqual([]);
  });
});

/** A socket of its own that watches a run and has got its SNAPSHOT. */
async function subscribeRaw(runId: string): Promise<WebSocket> {
  const socket = new WebSocket(`${app.app.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "connection_init" }));
  await once(socket, "message");
  const payload = { query: WatchRun.toString(), variables: { runId } };
  socket.send(JSON.stringify({ type: "subscribe", id: "1", payload }));
  const [message] = (await once(socket, "message")) as [Buffer];
  expect(JSON.parse(message.toString())).toMatchObject({
    type: "next",
    payload: { data: { runProgress: { kind: "SNAPSHOT" } } },
  });
  return socket;
}

describe("drafts", () => {
  it("come while a story is being generated, with the seq of the event before, and are not stored", async () => {
    const half = createGate();
    generator.script(async ({ story, signal, onDraft }) => {
      const subtasks = subtasksFor(story.title, 4);
      for (const [index, { title, description, effort }] of subtasks.entries()) {
        if (index === 2) await half.pass(signal);
        onDraft({ index, title: `Draft of ${title}`, description, effort });
      }
      return subtasks;
    });
    const { epicId } = await app.backlog(["One"]);
    const runId = await app.start(epicId);
    // Drafts that nobody watches are lost; the others come to who is there.
    await half.reached(1);
    const stream = app.watch(runId);
    const got: Progress[] = [];
    for await (const progress of stream) {
      got.push(progress);
      if (got.length === 1) half.open();
    }
    checkClock(got);
    const started = got[0]?.seq ?? 0;
    expect(got.map(({ seq, kind, draft }) => [seq, kind, draft?.index ?? null])).toEqual([
      [started, "SNAPSHOT", null],
      [started, "DRAFTED", 2],
      [started, "DRAFTED", 3],
      [started + 1, "ITEM_UPDATED", null],
      [started + 2, "RUN_UPDATED", null],
    ]);
    expect(got[1]).toMatchObject({
      cursor: got[0]?.cursor,
      item: { title: "One", status: "GENERATING" },
      draft: { title: "Draft of Step 3 of One" },
    });
    expect((await app.watchToEnd(runId, startCursorOf(runId))).filter(({ kind }) => kind === "DRAFTED")).toEqual([]);
  });

  it("never come after a later event of their item, nor before the one with which their attempt began", async () => {
    generator.script(async ({ story, onDraft }) => {
      const subtasks = subtasksFor(story.title, 3);
      for (const [index, { title, description, effort }] of subtasks.entries()) {
        onDraft({ index, title, description, effort });
        if (Math.random() < 0.5) await new Promise((resolve) => setImmediate(resolve));
      }
      return subtasks;
    });
    const { epicId } = await app.backlog(titles(60));
    const runId = await app.start(epicId);
    const got = await app.watchToEnd(runId, startCursorOf(runId));
    checkClock(got);
    const lastOf = new Map<string, string>();
    let drafts = 0;
    let seq = 0;
    for (const { kind, item, ...progress } of got) {
      if (kind === "DRAFTED") {
        drafts += 1;
        expect(progress.seq).toBe(seq);
        expect(lastOf.get(item?.id ?? "")).toBe("GENERATING");
      } else if (item) lastOf.set(item.id, item.status);
      seq = progress.seq;
    }
    expect(drafts).toBeGreaterThan(0);
  });
});

describe("watching a run over server-sent events", () => {
  it("gives the same events as over WebSocket, and completes", async () => {
    const runId = await running(3);
    const response = await fetch(`${app.app.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify({ query: WatchRun.toString(), variables: { runId, after: startCursorOf(runId) } }),
    });
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
    gate.open();
    const events = parseEvents(await response.text());
    const got = events.filter(({ event }) => event === "next").map(({ data }) => JSON.parse(data).data.runProgress);
    expect(got).toEqual(await app.history(runId));
    expect(events.at(-1)?.event).toBe("complete");
    await expect.poll(app.app.watchedRuns, { interval: 5 }).toBe(0);
  });

  it("leaves nothing behind when the client is cut off", async () => {
    const runId = await running(1);
    const cut = new AbortController();
    const response = await fetch(`${app.app.url}/graphql`, {
      method: "POST",
      signal: cut.signal,
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify({ query: WatchRun.toString(), variables: { runId } }),
    });
    await response.body?.getReader().read();
    await expect.poll(app.app.watchedRuns, { interval: 5 }).toBe(1);
    cut.abort();
    await expect.poll(app.app.watchedRuns, { interval: 5 }).toBe(0);
    gate.open();
    await app.history(runId);
  });
});

function parseEvents(text: string): { event: string; data: string }[] {
  return text.split("\n\n").flatMap((block) => {
    const event = /^event: ?(.*)$/m.exec(block)?.[1];
    return event === undefined ? [] : [{ event, data: /^data: ?(.*)$/m.exec(block)?.[1] ?? "" }];
  });
}
