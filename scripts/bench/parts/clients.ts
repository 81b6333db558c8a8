import { measureReaders } from "../clients.ts";
import { within } from "../figures.ts";
import { startServerProcess } from "../server-process.ts";
import { median, percentile } from "../statistics.ts";
import type { Bench } from "../bench.ts";

export async function benchClients({ table, url, database }: Bench): Promise<void> {
  const [readers, stalled, seconds] = [900, 100, 8];
  table.heading(`one run's events to ${readers} readers, some eight a second`);
  const server = await startServerProcess("storymill", url, ["500", "1"]);
  const alone: number[] = [];
  const beside: number[] = [];
  // Taken in turns, so that what else the machine does falls on both.
  for (let round = 0; round < 3; round += 1) {
    alone.push(...(await measureReaders(server, database, { readers, stalled: 0, seconds })));
    beside.push(...(await measureReaders(server, database, { readers, stalled, seconds })));
  }
  await server.close();
  // The same run at the same pace: a figure of much fewer deliveries would be one of those that were not late.
  if (beside.length < 0.9 * alone.length) throw new Error(`Only ${beside.length} of ${alone.length} events came.`);
  const [p99, p99Beside] = [percentile(alone, 0.99), percentile(beside, 0.99)];
  table.row({ what: `event to a reader, p99 of ${alone.length}`, figure: `${p99.toFixed(0)} ms` });
  table.row({
    what: `the same beside ${stalled} that never read, p99 of ${beside.length}`,
    figure: `${p99Beside.toFixed(0)} ms`,
    promise: within(p99Beside, 2 * p99, "2 × the figure without them"),
  });
  table.note(`half of them within ${median(alone).toFixed(0)} ms without, ${median(beside).toFixed(0)} ms with`);
}
