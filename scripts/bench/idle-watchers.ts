import type { Database } from "../../src/database/database.ts";
import { encodeId } from "../../src/schema/ids.ts";
import { quiet } from "./fan-out.ts";
import { WATCH } from "./fan-out-operation.ts";
import { start } from "./runs.ts";
import { seedBacklog } from "./seed.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";
import { type Order, startWatchers } from "./watchers.ts";

export const IDLE = 2_000;
/** Who is there before anything is measured, so that code is loaded and caches are filled. */
const FIRST = 50;

/** What one watcher takes of the server's memory while nothing happens, in bytes. */
export interface IdleCost {
  readonly heap: number;
  readonly resident: number;
}

/** Watchers of one run of Storymill, all on sockets of their own. */
export async function measureIdle(url: string, database: Database): Promise<IdleCost> {
  const { epicId } = await seedBacklog(database, { stories: 10, subtasks: 0 });
  const server = await startServerProcess("storymill", url);
  server.hold();
  const runId = await start(server.url, encodeId("Epic", epicId));
  await quiet(database, runId);
  return await measure(server, { subscription: { query: WATCH, variables: { runId } }, snapshot: true });
}

/** The same of the plain stack. @param recording see FanOut */
export async function measurePlainIdle(url: string, recording: string): Promise<IdleCost> {
  const server = await startServerProcess("watched-plain", url, [recording]);
  return await measure(server, { subscription: { query: WATCH, variables: { runId: "any" } }, snapshot: false });
}

async function measure(server: ServerProcess, order: Omit<Order, "url" | "count">): Promise<IdleCost> {
  const watchers = startWatchers();
  await watchers.join({ ...order, url: server.url, count: FIRST });
  const before = await server.usage({ afterGc: true });
  await watchers.join({ ...order, url: server.url, count: IDLE });
  const after = await server.usage({ afterGc: true });
  await watchers.close();
  await server.close();
  return { heap: (after.heap - before.heap) / IDLE, resident: (after.resident - before.resident) / IDLE };
}
