import { on, once } from "node:events";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { WebSocket } from "ws";
import type { Database } from "../../src/database/database.ts";
import { encodeId, parseId } from "../../src/schema/ids.ts";
import { parseProgress, WATCH } from "./fan-out-operation.ts";
import { type Recorded, writeRecording } from "./recording.ts";
import { start } from "./runs.ts";
import { seedBacklog } from "./seed.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";
import { median } from "./statistics.ts";
import { type Order, startWatchers, type Watchers } from "./watchers.ts";

export const WATCHERS = 500;
const STORIES = 100;
/** A call's time in milliseconds, and how many there are at once: some 40 events a second. */
const PACE = ["200", "4"];

export interface FanOut {
  /** Microseconds of server CPU for an event to reach one of its watchers. */
  readonly perDelivery: { readonly storymill: number; readonly plain: number; readonly raw: number };
  /** What of Storymill's is the run itself: measured with one watcher. */
  readonly ofTheRun: number;
  readonly events: number;
  readonly bytes: number;
  /** The file that holds the events, for a server that is to play them. */
  readonly recording: string;
}

/** One run's events to many watchers: from Storymill, which executes it, and its recording from the others. */
export async function measureFanOut(url: string, database: Database, directory: string): Promise<FanOut> {
  const { epicId } = await seedBacklog(database, { stories: STORIES, subtasks: 0 });
  const storymill = await startServerProcess("storymill", url, PACE);
  await watchRun(storymill, database, epicId, WATCHERS);
  const watched = await watchRun(storymill, database, epicId, WATCHERS);
  const alone = await watchRun(storymill, database, epicId, 1);
  await storymill.close();

  const { events } = watched;
  const file = path.join(directory, "recording.json");
  writeRecording(file, events);
  const { run } = parseProgress(events[0]?.text ?? "");
  const plain = await startServerProcess("watched-plain", url, [file]);
  const plainCost = await watchRecording(plain, { query: WATCH, variables: { runId: run.id } }, events.length);
  const raw = await startServerProcess("watched-raw", url, [file]);
  const rawCost = await watchRecording(raw, null, events.length);
  return {
    perDelivery: { storymill: watched.cost, plain: plainCost, raw: rawCost },
    ofTheRun: (alone.cost * alone.events.length) / (events.length * WATCHERS),
    events: events.length,
    bytes: median(events.map(({ text }) => Buffer.byteLength(text))),
    recording: file,
  };
}

/** Has a run executed and watched; the events of its first watcher, and what each delivery cost, in microseconds. */
async function watchRun(
  server: ServerProcess,
  database: Database,
  epicId: string,
  count: number,
): Promise<{ cost: number; events: Recorded[] }> {
  server.hold();
  const runId = await start(server.url, encodeId("Epic", epicId));
  await quiet(database, runId);
  const watchers = startWatchers();
  const order = { url: server.url, subscription: { query: WATCH, variables: { runId } }, count, snapshot: true };
  await watchers.join(order);
  const recording = record(order);
  const cost = await measureDeliveries(server, watchers, count, recording);
  await watchers.close();
  return { cost, events: await recording };
}

/** Has a recording played to watchers, twice; what each delivery of the second time cost, in microseconds. */
async function watchRecording(
  server: ServerProcess,
  subscription: Order["subscription"],
  events: number,
): Promise<number> {
  const watchers = startWatchers();
  await watchers.join({ url: server.url, subscription, count: WATCHERS, snapshot: false });
  await measureDeliveries(server, watchers, WATCHERS, { length: events });
  const cost = await measureDeliveries(server, watchers, WATCHERS, { length: events });
  await watchers.close();
  await server.close();
  return cost;
}

/** Microseconds of CPU that each delivery takes, from `go` to the last event at the last watcher. */
async function measureDeliveries(
  server: ServerProcess,
  watchers: Watchers,
  count: number,
  events: { readonly length: number } | Promise<{ readonly length: number }>,
): Promise<number> {
  const before = await server.usage({ afterGc: true });
  server.go();
  const deliveries = count * (await events).length;
  await watchers.receive(deliveries);
  const after = await server.usage();
  return ((after.cpuMs - before.cpuMs) * 1000) / deliveries;
}

/** Resolves when the run's calls are all waiting to begin: nothing new has been written for a while. */
export async function quiet({ prisma }: Database, runId: string): Promise<void> {
  const id = parseId(runId)?.id ?? "";
  let last = -1;
  for (;;) {
    const { seq, status } = await prisma.run.findUniqueOrThrow({ where: { id } });
    if (status === "RUNNING" && seq === last) return;
    last = seq;
    await setTimeout(500);
  }
}

/** What one watcher is sent after its snapshot, until the run has ended. */
async function record({ url, subscription }: Order): Promise<Recorded[]> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  await once(socket, "open");
  socket.send('{"type":"connection_init"}');
  await once(socket, "message");
  socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: subscription }));
  await once(socket, "message");
  const events: { at: number; text: string }[] = [];
  for await (const [data] of on(socket, "message", { close: ["close"] })) {
    const text = String(data);
    if (!text.includes('"type":"next"')) break;
    events.push({ at: performance.now(), text });
  }
  socket.close();
  const begun = events[0]?.at ?? 0;
  return events.map(({ at, text }) => ({ afterMs: at - begun, text }));
}
