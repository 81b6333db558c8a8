import { measureCancels } from "../claude.ts";
import { delayRow } from "../delay-row.ts";
import { measureDelays } from "../runs.ts";
import { startServerProcess } from "../server-process.ts";
import type { Bench } from "../bench.ts";

export async function benchProcesses({ table, url, database }: Bench): Promise<void> {
  table.heading("one process serves, another works");
  const worker = await startServerProcess("storymill", url, ["100", "64"], "worker");
  const api = await startServerProcess("storymill", url, [], "api");
  await measureDelays(api, database, { runs: 20, atOnce: 4 });
  const delays = await measureDelays(api, database, { runs: 200, atOnce: 4 });
  await api.close();
  await worker.close();
  delayRow(table, { what: "terminal event after its commit", of: "runs, 4 at once", delays, mostMs: 100 });
  const cancels = await measureCancels(url, database, { runs: 20, apart: true });
  delayRow(table, { what: "the worker's calls closed after a cancel", of: "runs", delays: cancels, mostMs: 500 });
}
