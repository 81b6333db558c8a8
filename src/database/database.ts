import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { Prisma, PrismaClient } from "./generated/prisma/client.ts";

export { Prisma };
/** A client of the database, or one transaction in it: what can read and write. */
export type Transaction = Prisma.TransactionClient;

export interface Database {
  readonly prisma: PrismaClient;
  /** The connections that `prisma` uses too, for the few reads that cannot afford a query builder. */
  readonly pool: pg.Pool;
  /**
   * Runs `work` in one transaction; waits up to 10 s for a connection and lets it take up to 30 s.
   * @throws what `work` throws, after a roll-back
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * Opens a pool of at most `maxConnections` on a migrated database. Connects when first used.
 * `onError` hears of idle connections that broke; they are replaced by themselves.
 */
export function createDatabase(options: {
  url: string;
  maxConnections?: number;
  onError: (error: Error) => void;
}): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: 10_000,
    application_name: "storymill",
  });
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool, {
      onPoolError: options.onError,
      onConnectionError: options.onError,
    }),
    transactionOptions: { maxWait: 10_000, timeout: 30_000 },
  });
  return {
    prisma,
    pool,
    transaction: (work) => prisma.$transaction(work),
    close: async () => {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}
