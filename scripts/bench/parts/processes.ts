import { measureCancels } from "../claude.ts";
import { within } from "../figures.ts";
import { measureDelays } from "../runs.ts";
import { startServerProcess } from "../server-process.ts";
import { median, percentile } from "../statistics.ts";
import type { Bench } from "../bench.ts";

export async function benchProcesses({ table, url, database }: Bench): Promise<void> {
  table.heading("one process serves, another works");
  const worker = await startServerProcess("storymill", url, ["100", "64"], "worker");
  const api = await startServerProcess("storymill", url, [], "api");
  await measureDelays(api, database, { runs: 20, atOnce: 4 });
  const delays = await measureDelays(api, database, { runs: 200, atOnce: 4 });
  await api.close();
  await worker.close();
  table.row({
    what: `terminal event after its commit, p99 of ${delays.count} runs, 4 at once`,
    figure: `${delays.p99.toFixed(1)} ms`,
    promise: within(delays.p99, 100, "100 ms"),
  });
  table.note(`half of them within ${delays.p50.toFixed(1)} ms, the last after ${delays.most.toFixed(1)} ms`);
  const cancels = await measureCancels(url, database, { runs: 20, apart: true });
  table.row({
    what: `the worker's calls closed after a cancel, p99 of ${cancels.length} runs`,
    figure: `${percentile(cancels, 0.99).toFixed(1)} ms`,
    promise: within(percentile(cancels, 0.99), 500, "500 ms"),
  });
  table.note(`half of them within ${median(cancels).toFixed(1)} ms`);
}
