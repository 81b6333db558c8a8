import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import type { Database } from "../../src/database/database.ts";
import { encodeId } from "../../src/schema/ids.ts";
import { cancelRun, startRun } from "./runs.ts";
import { seedBacklog } from "./seed.ts";
import type { ServerProcess } from "./server-process.ts";

const Report = z.object({ delays: z.array(z.number()) });

/**
 * How long each event of a run takes to each of so many readers, from when it was made, while `stalled` others watch the
 * same run and never read what they are sent. In milliseconds, in no order.
 */
export async function measureReaders(
  server: ServerProcess,
  database: Database,
  options: { readonly readers: number; readonly stalled: number; readonly seconds: number },
): Promise<number[]> {
  const { epicId } = await seedBacklog(database, { stories: 500, subtasks: 0 });
  const runId = await startRun(server.url, encodeId("Epic", epicId));
  const readers = await startWatchers(server.url, runId, options.readers, "reads");
  const stalled = await startWatchers(server.url, runId, options.stalled, "stalls");
  try {
    readers.child.send("measure");
    await setTimeout(options.seconds * 1_000);
    const answer = once(readers.child, "message");
    readers.child.send("report");
    const [message] = await answer;
    return Report.parse(message).delays;
  } finally {
    await cancelRun(server.url, runId);
    await Promise.all([readers.close(), stalled.close()]);
  }
}

/** @throws Error where they end instead of watching */
async function startWatchers(url: string, runId: string, count: number, manner: "reads" | "stalls") {
  const child = fork(new URL("readers.ts", import.meta.url), [url, runId, String(count), manner]);
  const ended = once(child, "exit");
  const [first] = await Promise.race([once(child, "message"), ended]);
  if (first !== "ready") throw new Error(`Watchers ended with code ${first} instead of watching.`);
  return {
    child,
    async close() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
