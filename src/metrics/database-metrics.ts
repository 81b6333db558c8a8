import { Gauge, type Registry } from "prom-client";

/** What is read of the database; a part of `Database`. */
export interface DatabaseReader {
  readonly pool: { readonly totalCount: number; readonly idleCount: number; readonly waitingCount: number };
  read<R extends { [column: string]: unknown }>(text: string, values: readonly unknown[]): Promise<R[]>;
}

/** A database that does not answer within this many milliseconds counts as away: a scrape must not wait for it. */
const TIMEOUT_MS = 1_000;

/** By the partial index of active runs: a handful of rows. */
const QUEUE = `SELECT count(*)::int AS depth,
    coalesce(extract(epoch FROM clock_timestamp() - min("createdAt")), 0)::float8 AS age
  FROM "Run" WHERE status = 'QUEUED'`;

/**
 * The pool as it is at each scrape, and the queue as the database tells. What is returned reads the queue, before a scrape; it
 * never rejects.
 */
export function createDatabaseMetrics(registry: Registry, database: DatabaseReader): () => Promise<void> {
  const registers = [registry];
  const { pool } = database;
  const connections = new Gauge({
    name: "storymill_database_connections",
    help: "Connections of this process' pool (of the queue's own apart), by state: idle, busy, or callers waiting for one.",
    labelNames: ["state"],
    registers: [],
    collect() {
      this.set({ state: "idle" }, pool.idleCount);
      this.set({ state: "busy" }, pool.totalCount - pool.idleCount);
      this.set({ state: "waiting" }, pool.waitingCount);
    },
  });
  registry.registerMetric(connections);
  const up = new Gauge({
    name: "storymill_database_up",
    help: "1 where the database answered this scrape within a second, 0 where it did not.",
    registers,
  });
  const depth = new Gauge({
    name: "storymill_queue_depth",
    help: "Runs that wait for a worker, in the whole deployment; absent while the database is away.",
    registers,
  });
  const age = new Gauge({
    name: "storymill_queue_oldest_age_seconds",
    help: "How long the oldest run waits for a worker, 0 where none does; absent while the database is away.",
    registers,
  });
  /** A reading that the database has not answered yet: scrapes that come meanwhile share it. */
  let underWay: Promise<{ depth: number; age: number } | null> | null = null;

  async function readQueue(): Promise<{ depth: number; age: number } | null> {
    try {
      const [row] = await database.read<{ depth: number; age: number }>(QUEUE, []);
      return row ?? null;
    } catch {
      // Told by the gauge; whoever lost the connection has logged it.
      return null;
    } finally {
      underWay = null;
    }
  }

  return async () => {
    const late = Promise.withResolvers<null>();
    const timer = setTimeout(() => late.resolve(null), TIMEOUT_MS);
    const queue = await Promise.race([(underWay ??= readQueue()), late.promise]);
    clearTimeout(timer);
    up.set(queue === null ? 0 : 1);
    if (queue === null) {
      // An old figure would be taken for a new one.
      depth.remove();
      age.remove();
      return;
    }
    depth.set(queue.depth);
    age.set(queue.age);
  };
}
