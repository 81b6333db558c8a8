import { on, once } from "node:events";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { WebSocket } from "ws";
import type { Database } from "../../src/database/database.ts";
import { encodeId, parseId } from "../../src/schema/ids.ts";
import { parseProgress, WATCH } from "./fan-out-operation.ts";
import { type Recorded, writeRecording } from "./recording.ts";
import { startRun } from "./runs.ts";
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
  /** Storymill's where one process serves and executes the run as well. */
  readonly inOneProcess: number;
  readonly events: number;
  readonly bytes: number;
  /** The file that holds the events, for a server that is to play them. */
  readonly recording: string;
}

/**
 * One run's events to many watchers: from Storymill while another of its processes executes the run, and its recording
 * from the others, which execute none either.
 */
export async function measureFanOut(url: string, database: Database, directory: string): Promise<FanOut> {
  const { epicId } = await seedBacklog(database, { stories: STORIES, subtasks: 0 });
  const both = await startServerProcess("storymill", url, PACE);
  await watchRun({ serves: both, works: both }, database, epicId);
  const inOneProcess = await watchRun({ serves: both, works: both }, database, epicId);
  await both.close();
  const works = await startServerProcess("storymill", url, PACE, "worker");
  const serves = await startServerProcess("storymill", url, [], "api");
  await watchRun({ serves, works }, database, epicId);
  const watched = await watchRun({ serves, works }, database, epicId);
  await serves.close();
  await works.close();

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
    inOneProcess: inOneProcess.cost,
    events: events.length,
    bytes: median(events.map(({ text }) => Buffer.byteLength(text))),
    recording: file,
  };
}

/** Has a run executed and watched; the events of its first watcher, and what each delivery cost, in microseconds. */
async function watchRun(
  { serves, works }: { readonly serves: ServerProcess; readonly works: ServerProcess },
  database: Database,
  epicId: string,
): Promise<{ cost: number; events: Recorded[] }> {
  works.hold();
  const runId = await startRun(serves.url, encodeId("Epic", epicId));
  await quiet(database, runId);
  const watchers = startWatchers();
  const subscription = { query: WATCH, variables: { runId } };
  const order = { url: serves.url, subscription, count: WATCHERS, snapshot: true };
  await watchers.join(order);
  const recording = record(order);
  const cost = await measureDeliveries(serves, () => works.go(), watchers, recording);
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
  const go = () => server.go();
  await measureDeliveries(server, go, watchers, { length: events });
  const cost = await measureDeliveries(server, go, watchers, { length: events });
  await watchers.close();
  await server.close();
  return cost;
}

/** Microseconds of CPU that each delivery takes, from `go` to the last event at the last watcher. */
async function measureDeliveries(
  server: ServerProcess,
  go: () => void,
  watchers: Watchers,
  events: { readonly length: number } | Promise<{ readonly length: number }>,
): Promise<number> {
  const before = await server.usage({ afterGc: true });
  go();
  const deliveries = WATCHERS * (await events).length;
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
