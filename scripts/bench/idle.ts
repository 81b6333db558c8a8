import { setTimeout } from "node:timers/promises";
import type { Database } from "../../src/database/database.ts";
import { startServerProcess } from "./server-process.ts";

/** What a server takes that nobody asks anything of. */
export interface IdleCost {
  /** Of the server's own process, in percent of one core. */
  readonly cpuPercent: number;
  /** Of all of its connections, the queue's among them. */
  readonly transactionsPerSecond: number;
}

/** @param seconds how long it is looked at, after it has had 10 s to come to rest */
export async function measureIdleServer(url: string, database: Database, seconds: number): Promise<IdleCost> {
  const server = await startServerProcess("storymill", url);
  await setTimeout(10_000);
  const before = await server.usage();
  const transactionsBefore = await countTransactions(database);
  await setTimeout(seconds * 1_000);
  const { cpuMs } = await server.usage();
  // Asking is one of them.
  const transactions = (await countTransactions(database)) - transactionsBefore - 1;
  await server.close();
  return {
    cpuPercent: (cpuMs - before.cpuMs) / (10 * seconds),
    transactionsPerSecond: transactions / seconds,
  };
}

async function countTransactions(database: Database): Promise<number> {
  const [row] = await database.read<{ count: number }>(
    "SELECT (xact_commit + xact_rollback)::int AS count FROM pg_stat_database WHERE datname = current_database()",
    [],
  );
  return row?.count ?? Number.NaN;
}
