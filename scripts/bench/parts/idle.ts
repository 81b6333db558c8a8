import { within } from "../figures.ts";
import { measureIdleServer } from "../idle.ts";
import type { Bench } from "../bench.ts";

export async function benchIdle({ table, url, database }: Bench): Promise<void> {
  table.heading("a server that nobody asks anything of, for 30 s");
  const { cpuPercent, transactionsPerSecond } = await measureIdleServer(url, database, 30);
  table.row({
    what: "CPU of its process",
    figure: `${cpuPercent.toFixed(2)} % of a core`,
    promise: within(cpuPercent, 1, "1 %"),
  });
  table.row({
    what: "transactions a second",
    figure: transactionsPerSecond.toFixed(1),
    promise: within(transactionsPerSecond, 8, "8"),
  });
}
