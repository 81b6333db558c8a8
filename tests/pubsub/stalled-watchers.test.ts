import { once } from "node:events";
import { pino } from "pino";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import type { Database } from "../../src/database/database.ts";
import { createFeed, type Feed } from "../../src/pubsub/feed.ts";
import { createWakeUps, type WakeUps } from "../../src/pubsub/wake-ups.ts";
import { encodeId } from "../../src/schema/ids.ts";
import { buildSchema } from "../../src/schema/schema.ts";
import { createServer, type Server } from "../../src/server/server.ts";
import { createTestDatabase } from "../support/database.ts";
import { createRunLog } from "../support/run-log.ts";

// The feed, the schema and the server as they are, but for a smaller buffer: what a thousand subscribers do with 1,000 events
// each is for the bench.
const BUFFER = 20;
const READERS = 900;
const STALLED = 100;
/** What makes events so large that a few fill all that lies between the server and who does not read. */
const MEGABYTE = `run { ${Array.from({ length: 50 }, (_, i) => `error${i}: error`).join(" ")} }`;

let database: Database;
let wakeUps: WakeUps;
let feed: Feed;
let server: Server;
/** Subscriptions that have begun. */
let begun = 0;
beforeAll(async () => {
  database = await createTestDatabase();
  wakeUps = createWakeUps();
  feed = createFeed({ database, wakeUps, onError: (error) => expect.unreachable(String(error)), buffer: BUFFER });
  const watch: Feed["watch"] = async (runId, after) => {
    const stream = await feed.watch(runId, after);
    begun += 1;
    return stream;
  };
  server = await createServer({
    schema: buildSchema(),
    context: () => ({ database, feed: { ...feed, watch }, loaders: new Map() }),
    host: "127.0.0.1",
    port: 0,
    // None is to be cut here before it is ended.
    limits: { pingIntervalMs: 60_000 },
    log: pino({ level: "silent" }),
    readiness: async () => ({ ready: true, parts: {} }),
    isUnavailable: () => false,
    graphiqlTabs: [],
  });
});
afterAll(async () => {
  await server?.close();
  await database?.close();
});

/** A run's log whose every event can be made a megabyte. */
async function createTalkativeLog() {
  const log = await createRunLog({ database, wakeUps });
  await database.prisma.run.update({ where: { id: log.runId }, data: { error: "x".repeat(20_000) } });
  return log;
}

interface Frame {
  readonly id?: string;
  readonly type: string;
  readonly payload?: {
    readonly data?: { readonly runProgress?: { readonly seq: number; readonly cursor: string } };
    readonly [index: number]: { readonly extensions: { readonly code: string } };
  };
}

/** A WebSocket of its own that keeps what it was sent of its subscription. */
class Watcher {
  readonly seqs: number[] = [];
  cursor: string | null = null;
  code: string | null = null;
  readonly ended = Promise.withResolvers<void>();
  readonly socket: WebSocket;
  #waiting: { seq: number; resolve: () => void } | null = null;

  constructor(address: string) {
    this.socket = new WebSocket(`${address.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    onTestFinished(() => this.socket.terminate());
    this.socket.on("close", () => this.ended.reject(new Error("The socket was closed.")));
    this.ended.promise.catch(() => {});
  }

  async introduce(): Promise<void> {
    await once(this.socket, "open");
    this.send({ type: "connection_init" });
    await once(this.socket, "message");
    this.socket.on("message", (data: Buffer) => this.#take(data));
  }

  /** @param more what it asks for beside what is checked */
  watch(runId: string, after: string | null, more = ""): void {
    const query = `subscription ($runId: ID!, $after: String) {
      runProgress(runId: $runId, after: $after) { seq cursor ${more} }
    }`;
    this.send({ type: "subscribe", id: "watch", payload: { query, variables: { runId, after } } });
  }

  /** Resolves when it has been sent the event. */
  until(seq: number): Promise<void> {
    if ((this.seqs.at(-1) ?? -1) >= seq) return Promise.resolve();
    return new Promise((resolve) => (this.#waiting = { seq, resolve }));
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  #take(data: Buffer): void {
    const { id, type, payload }: Frame = JSON.parse(data.toString());
    if (id !== "watch") return;
    const progress = payload?.data?.runProgress;
    if (progress !== undefined) {
      this.seqs.push(progress.seq);
      this.cursor = progress.cursor;
      if (this.#waiting !== null && progress.seq >= this.#waiting.seq) this.#waiting.resolve();
    } else {
      if (type === "error") this.code = payload?.[0]?.extensions.code ?? null;
      this.ended.resolve();
    }
  }
}

async function connect(count: number): Promise<Watcher[]> {
  const watchers = Array.from({ length: count }, () => new Watcher(server.url));
  await Promise.all(watchers.map((watcher) => watcher.introduce()));
  return watchers;
}

test("of 1,000 watchers 100 never read: the others get every event once, in order; those are ended, and go on from their cursor", async () => {
  const log = await createTalkativeLog();
  const runId = encodeId("Run", log.runId);
  const readers = await connect(READERS);
  const stalled = await connect(STALLED);
  for (const watcher of readers) watcher.watch(runId, null);
  for (const watcher of stalled) {
    watcher.socket.pause();
    watcher.watch(runId, null, MEGABYTE);
  }
  await expect.poll(() => begun, { timeout: 60_000 }).toBe(READERS + STALLED);

  const [batches, size] = [6, 8];
  let most = 0;
  for (let batch = 1; batch <= batches; batch += 1) {
    await log.append(size);
    await Promise.all(readers.map((watcher) => watcher.until(batch * size)));
    most = Math.max(most, feed.waiting);
  }
  // What waits is what the stalled ones have not taken, and never more than a buffer for each; then nothing.
  expect(most).toBeGreaterThan(STALLED * (BUFFER / 2));
  expect(most).toBeLessThanOrEqual(STALLED * BUFFER);
  expect(feed.waiting).toBe(0);
  await log.finish();

  const last = batches * size + 1;
  const all = Array.from({ length: last + 1 }, (_, seq) => seq);
  await Promise.all(readers.map((watcher) => watcher.ended.promise));
  for (const { seqs, code } of readers) expect({ seqs, code }).toEqual({ seqs: all, code: null });
  expect(feed.watchedRuns).toBe(0);
  for (const watcher of stalled) watcher.socket.resume();
  await Promise.all(stalled.map((watcher) => watcher.ended.promise));
  for (const { code, seqs } of stalled) {
    expect(code).toBe("CONSUMER_TOO_SLOW");
    expect(seqs).toEqual(all.slice(0, seqs.length));
    expect(seqs.length).toBeLessThan(last - BUFFER);
  }
  const resumed = await connect(STALLED);
  for (const [index, watcher] of resumed.entries()) watcher.watch(runId, stalled[index]?.cursor ?? null);
  await Promise.all(resumed.map((watcher) => watcher.ended.promise));
  for (const [index, { seqs, code }] of resumed.entries())
    expect({ seqs: [...(stalled[index]?.seqs ?? []), ...seqs], code }).toEqual({ seqs: all, code: null });
}, 180_000);

test("a stream of server-sent events whose client does not read is ended too, and tells so to who reads again", async () => {
  const log = await createTalkativeLog();
  const from = begun;
  const response = await fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify({
      query: `subscription ($runId: ID!) { runProgress(runId: $runId) { seq ${MEGABYTE} } }`,
      variables: { runId: encodeId("Run", log.runId) },
    }),
  });
  await expect.poll(() => begun).toBe(from + 1);
  for (let i = 0; i < 6; i += 1) await log.append(8);
  await expect.poll(() => feed.watchedRuns).toBe(0);
  expect(feed.waiting).toBe(0);
  const text = await response.text();
  const seqs = [...text.matchAll(/"seq":(\d+)/g)].map(([, seq]) => Number(seq));
  expect(seqs).toEqual(seqs.map((_, index) => index));
  expect(seqs.length).toBeLessThan(48 - BUFFER);
  expect(text).toMatch(/"code":"CONSUMER_TOO_SLOW"[^]*event: complete/);
});
