import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { ExecutionResult } from "graphql";
import { describe, expect, test } from "vitest";
import { createFrameWriter } from "../../src/server/subscription-frames.ts";
import { runEvent } from "../support/run-rows.ts";
import { createMemoryFeed } from "./memory-feed.ts";
import { type MemorySocket, openSocket, settled } from "./memory-socket.ts";
import { createEngine, createWatchedSchema, listenWith, readStream } from "./watched-run.ts";

/** A run that a test hands its events to, served the shared way. */
function serveRun(first = runEvent(1)) {
  const feed = createMemoryFeed(first);
  const executed: unknown[] = [];
  const schema = createWatchedSchema({ feed, gate: async () => {}, onExecuted: (event) => void executed.push(event) });
  const { engine, logged, options } = createEngine(schema);
  return {
    feed,
    engine,
    logged,
    /** The events that were executed since this was last asked. */
    executed: () => executed.splice(0),
    async watch(payload: object): Promise<MemorySocket> {
      const socket = await openSocket(options);
      socket.receive({ id: "1", type: "subscribe", payload });
      await settled();
      return socket;
    },
  };
}

describe("an event that many watch", () => {
  const query = `subscription ($after: String, $text: String) { progress(after: $after) { seq echo(text: $text) } }`;

  test("is executed once for each way in which it is watched, wherever the watching began", async () => {
    const run = serveRun();
    const sockets = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        run.watch({ query, variables: { after: i % 3 === 0 ? "1" : null, text: i % 2 === 0 ? "even" : "odd" } }),
      ),
    );
    run.executed();
    run.feed.append(runEvent(2));
    await settled();
    expect(run.executed()).toHaveLength(2);
    for (const [i, { sent }] of sockets.entries())
      expect(JSON.parse(sent.at(-1)!)).toEqual({
        id: "1",
        type: "next",
        payload: { data: { progress: { seq: 2, echo: i % 2 === 0 ? "even" : "odd" } } },
      });
  });

  test("is executed once for WebSockets and server-sent events together", async () => {
    const run = serveRun();
    const text = "subscription { progress { kind seq } }";
    await run.watch({ query: text });
    const url = await listenWith(run.engine);
    const streams = Promise.all([readStream(url, text, 2), readStream(url, text, 2)]);
    await expect.poll(() => run.feed.watchers, { interval: 5 }).toBe(3);
    await settled();
    run.executed();
    run.feed.append(runEvent(2));
    for (const events of await streams)
      expect(events.map((event) => JSON.parse(event))).toEqual([
        { data: { progress: { kind: "SNAPSHOT", seq: 1 } } },
        { data: { progress: { kind: "RUN_UPDATED", seq: 2 } } },
      ]);
    expect(run.executed()).toHaveLength(1);
  });

  test("and that fails unexpectedly is logged once, under one reference", async () => {
    const run = serveRun();
    const payload = { query: "subscription { progress { seq explodes } }" };
    const sockets = await Promise.all([run.watch(payload), run.watch(payload), run.watch(payload)]);
    run.feed.append(runEvent(2, { run: { phaseDetail: "explodes" } }));
    await settled();
    const [{ reference } = { reference: "" }] = run.logged as { reference: string }[];
    expect(run.logged).toMatchObject([{ err: { message: "SELECT secret FROM table" } }]);
    for (const { sent } of sockets) {
      expect(sent.at(-1)).toContain(reference);
      expect(sent.at(-1)).not.toContain("secret");
      expect(sent.at(-1)).not.toContain("unexpected");
    }
  });

  test("is let go once all have it, and so is what it gave, while they go on watching", async () => {
    setFlagsFromString("--expose-gc");
    const collect: unknown = runInNewContext("gc");
    if (typeof collect !== "function") throw new Error("Garbage cannot be collected.");
    const run = serveRun();
    const payload = { query: "subscription { progress { seq } }" };
    await Promise.all([run.watch(payload), run.watch(payload)]);
    run.executed();
    run.feed.append(runEvent(2));
    await settled();
    const [event] = run.executed().map((executed) => new WeakRef(executed as object));
    run.feed.append(runEvent(3));
    await settled();
    run.executed();
    await settled();
    collect();
    expect(event?.deref()).toBeUndefined();
    expect(run.feed.watchers).toBe(2);
  });
});

test("what an operation asks of its variables is refused in the words that queries are refused in", async () => {
  const run = serveRun();
  const socket = await run.watch({ query: "subscription ($after: String!) { progress(after: $after) { seq } }" });
  expect(JSON.parse(socket.sent.at(-2)!)).toMatchObject({
    id: "1",
    payload: { errors: [{ message: expect.stringContaining("$after"), extensions: { code: "BAD_USER_INPUT" } }] },
  });
  expect(run.feed.watchers).toBe(0);
});

test("a result that many are sent is made text once", async () => {
  let serialized = 0;
  const shared: ExecutionResult = { data: { toJSON: () => `text ${(serialized += 1)}` } };
  const write = createFrameWriter();
  const sent: string[] = [];
  for (const id of ["1", 'a "quoted" one']) {
    const results = (async function* () {
      yield shared;
    })();
    await write(results, id, async (message) => void sent.push(message)).next();
  }
  expect(sent.map((message) => JSON.parse(message))).toEqual([
    { id: "1", type: "next", payload: { data: "text 1" } },
    { id: 'a "quoted" one', type: "next", payload: { data: "text 1" } },
  ]);
});

test("a socket that cannot be written to ends its subscriptions", async () => {
  const run = serveRun();
  const events = await run.feed.watch(null);
  const results: AsyncIterableIterator<ExecutionResult> = {
    next: async () => {
      await events.next();
      return { done: false, value: { data: {} } };
    },
    return: async () => {
      await events.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  const writing = createFrameWriter()(results, "1", async () => {
    throw new Error("EPIPE");
  });
  await expect(writing.next()).rejects.toThrow("EPIPE");
  expect(run.feed.watchers).toBe(0);
});
