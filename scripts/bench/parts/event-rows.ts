import { measureEventRows } from "../event-rows.ts";
import type { Bench } from "../bench.ts";

export async function benchEventRows({ table, url, database }: Bench): Promise<void> {
  table.heading("event rows written by one worker, with the subtasks that they tell of; calls answer at once");
  for (const [name, options] of [
    ["one run of 1,000 stories", { runs: 1, stories: 1_000 }],
    ["8 runs of 200 stories side by side", { runs: 8, stories: 200 }],
  ] as const) {
    const rows = await measureEventRows(url, database, options);
    table.row({ what: `${name}: rows a second`, figure: rows.toFixed(0) });
  }
}
