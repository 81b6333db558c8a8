import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { isDeadlock } from "./passing-error.ts";
import { Prisma, PrismaClient } from "./generated/prisma/client.ts";

export { Prisma };
/** A client of the database, or one transaction in it: what can read and write. */
export type Transaction = Prisma.TransactionClient;

export interface Database {
  readonly prisma: PrismaClient;
  /** The connections, for who watches over their use; statements go through `prisma` and `read`. */
  readonly pool: pg.Pool;
  /**
   * Runs one reading statement beside Prisma, on the connections that it uses too: for reads on hot paths. Its text is
   * prepared once a connection, so values belong into `values`.
   */
  read<R extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<R[]>;
  /**
   * Runs `work` in one transaction; waits up to 10 s for a connection and lets it take up to 30 s, with no pause of 8 s
   * between two statements. Where two transactions stand in each other's way, PostgreSQL ends one, and its `work` is run
   * again: it must change nothing but the database.
   * @throws what `work` throws, after a roll-back
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const MAX_TRIES = 3;

/** Transactions take up to 30 s; a statement that has not been answered for this long never will be. */
const LONGEST_STATEMENT_MS = 60_000;

/**
 * A process that stands still in a transaction holds what it has locked, and one whose machine is gone does so until the
 * system notices, hours later. Shorter than the time after which a worker is taken for dead, so that its run is free then.
 */
const LONGEST_PAUSE_MS = 8_000;

/** Clients choose which columns are read, so how many texts there are: from here on they are planned each time. */
const MAX_PREPARED = 500;

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
    // A network that is cut says nothing; without these a connection would wait for its answer for a quarter of an hour.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    query_timeout: LONGEST_STATEMENT_MS,
    idle_in_transaction_session_timeout: LONGEST_PAUSE_MS,
    application_name: "storymill",
  });
  // Prisma's own listener goes when it disconnects, and a connection that breaks after that would end the process.
  pool.on("error", options.onError);
  const connections = new Set<Promise<void>>();
  pool.on("connect", (client) => {
    const ended = new Promise<void>((resolve) => client.once("end", resolve));
    connections.add(ended);
    void ended.then(() => connections.delete(ended));
  });
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool, { onConnectionError: options.onError }),
    transactionOptions: { maxWait: 10_000, timeout: 30_000 },
  });
  const prepared = new Map<string, string>();
  return {
    prisma,
    pool,
    async read<R extends pg.QueryResultRow>(text: string, values: readonly unknown[]) {
      const name = prepared.get(text) ?? (prepared.size < MAX_PREPARED ? `read ${prepared.size + 1}` : undefined);
      if (name !== undefined) prepared.set(text, name);
      const { rows } = await pool.query<R>({ ...(name === undefined ? {} : { name }), text, values: [...values] });
      return rows;
    },
    async transaction(work) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await prisma.$transaction(work);
        } catch (error) {
          if (tries === MAX_TRIES || !isDeadlock(error)) throw error;
        }
      }
    },
    close: async () => {
      await prisma.$disconnect();
      await pool.end();
      // The pool says goodbye and does not wait; a server that is stopped at once would break its connections with an error.
      await Promise.all(connections);
    },
  };
}
