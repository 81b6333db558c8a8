import { delayRow } from "../delay-row.ts";
import { seconds, within } from "../figures.ts";
import { measureDelays, measureRun } from "../runs.ts";
import { seedBacklog } from "../seed.ts";
import { startServerProcess } from "../server-process.ts";
import { median } from "../statistics.ts";
import type { Bench } from "../bench.ts";

export async function benchRuns({ table, url, database }: Bench): Promise<void> {
  const [latency, atOnce, stories] = [200, 32, 200];
  table.heading("runs, watched over a WebSocket");
  // Calls take a moment, so that the watcher is there before the run's end.
  const quick = await startServerProcess("storymill", url, ["100", "64"]);
  await measureDelays(quick, database, { runs: 20, atOnce: 4 });
  const delays = await measureDelays(quick, database, { runs: 200, atOnce: 4 });
  await quick.close();
  delayRow(table, { what: "terminal event after its commit", of: "runs, 4 at once", delays, mostMs: 25 });

  const slow = await startServerProcess("storymill", url, [String(latency), String(atOnce)]);
  const { epicId } = await seedBacklog(database, { stories, subtasks: 0 });
  const took: number[] = [];
  for (let i = 0; i < 3; i += 1) took.push(await measureRun(slow, epicId));
  await slow.close();
  const ideal = Math.ceil(stories / atOnce) * latency;
  table.row({
    what: `${stories} stories, ADAPTIVE, ${latency} ms a call, ${atOnce} at once`,
    figure: seconds(median(took)),
    promise: within(median(took), ideal * 1.25, `1.25 × ${seconds(ideal)}`),
  });
}
