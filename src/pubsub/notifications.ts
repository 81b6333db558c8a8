import pg from "pg";
import { setTimeout as delay } from "node:timers/promises";

/** What processes tell each other about. */
export type Channel = "storymill_wake" | "storymill_draft";
const CHANNELS: readonly Channel[] = ["storymill_wake", "storymill_draft"];

/** Bytes of one message; PostgreSQL takes less than 8,000. */
export const MAX_MESSAGE_BYTES = 7_900;

/** Sendings that may wait for the connection; it is slower than that only where the database is in trouble. */
const MAX_WAITING = 1_000;
/** A connection that has said nothing for this long is asked whether it lives, and has this long to answer. */
const HEARTBEAT_MS = 10_000;
const ANSWER_MS = 5_000;
const RETRY_MS = 500;

/**
 * Messages between the processes on one database, by NOTIFY on one dedicated connection. They carry no truth: while the
 * connection is broken none come and none go, and who relies on them reads again once it is restored.
 */
export interface Notifications {
  /** Whether messages come and go at this time. */
  readonly connected: boolean;
  /**
   * Sends messages of up to MAX_MESSAGE_BYTES to all other processes, in order. Call it after the commit, never inside a
   * transaction: NOTIFY makes commits wait for each other.
   * @throws where they cannot be sent now
   */
  send(channel: Channel, messages: readonly string[]): Promise<void>;
  /** Hears what other processes send. */
  listen(channel: Channel, listener: (message: string) => void): void;
  /** Hears that the connection is there again: messages may have been missed. */
  onRestored(listener: () => void): void;
  close(): Promise<void>;
}

/**
 * Connects and listens; afterwards a connection that breaks is replaced, for as long as it takes.
 * @param options.onError hears why the connection broke, once each time
 * @throws where the first connection cannot be made
 */
export async function createNotifications(options: {
  url: string;
  onError: (error: unknown) => void;
}): Promise<Notifications> {
  const listeners = new Map<Channel, (message: string) => void>();
  const restored: (() => void)[] = [];
  const closing = new AbortController();
  let client: pg.Client | null = null;
  let waiting = 0;
  let sent: Promise<unknown> = Promise.resolve();

  /** Statements on the connection, one after the other. @throws where it has broken since, or too many wait */
  async function ask(current: pg.Client, query: string | pg.QueryConfig): Promise<unknown> {
    if (waiting >= MAX_WAITING) throw new Error("Too many messages wait for the connection.");
    waiting += 1;
    const turn = sent;
    const asked = turn.then(() => {
      if (client !== current) throw new Error("The connection broke.");
      return current.query(query);
    });
    sent = asked.catch(() => {});
    return asked.finally(() => (waiting -= 1));
  }

  async function connect(): Promise<pg.Client> {
    const next = new pg.Client({
      connectionString: options.url,
      application_name: "storymill notifications",
      connectionTimeoutMillis: 10_000,
      query_timeout: ANSWER_MS,
      keepAlive: true,
    });
    // Hears it when the connection breaks; without a listener that would end the process.
    const ended = Promise.withResolvers<Error>();
    next.on("error", ended.resolve);
    next.on("end", () => ended.resolve(new Error("The connection ended.")));
    try {
      await next.connect();
      const [row] = (await next.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")).rows;
      next.on("notification", ({ channel, payload, processId }) => {
        if (processId !== row?.pid) listeners.get(channel as Channel)?.(payload ?? "");
      });
      for (const channel of CHANNELS) await next.query(`LISTEN ${channel}`);
    } catch (error) {
      await next.end().catch(() => {});
      throw error;
    }
    client = next;
    void watch(next, ended.promise);
    return next;
  }

  /** Asks now and then whether the connection lives, and replaces it when it does not. */
  async function watch(current: pg.Client, ended: Promise<Error>): Promise<void> {
    let cause: unknown;
    while (cause === undefined && !closing.signal.aborted) {
      const timer = new AbortController();
      const signal = AbortSignal.any([timer.signal, closing.signal]);
      cause = await Promise.race([ended, delay(HEARTBEAT_MS, undefined, { signal }).catch(() => undefined)]);
      timer.abort();
      if (cause === undefined && !closing.signal.aborted)
        await ask(current, "SELECT 1").catch((error: unknown) => (cause = error));
    }
    if (closing.signal.aborted) return;
    client = null;
    options.onError(cause);
    void current.end().catch(() => {});
    await reconnect();
  }

  async function reconnect(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await delay(RETRY_MS, undefined, { signal: closing.signal });
        const next = await connect();
        if (closing.signal.aborted) return await next.end();
        for (const listener of restored) listener();
        return;
      } catch {
        // It was told when it broke; to tell each try would fill the log while the database is away.
      }
    }
  }

  await connect();
  return {
    get connected() {
      return client !== null;
    },
    async send(channel, messages) {
      if (client === null) throw new Error("There is no connection to the other processes at this time.");
      await ask(client, {
        name: "notify",
        text: "SELECT pg_notify($1, message) FROM unnest($2::text[]) WITH ORDINALITY AS m(message, n) ORDER BY n",
        values: [channel, messages],
      });
    },
    listen(channel, listener) {
      listeners.set(channel, listener);
    },
    onRestored(listener) {
      restored.push(listener);
    },
    async close() {
      closing.abort();
      await client?.end();
    },
  };
}
