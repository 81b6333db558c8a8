import { pino } from "pino";
import pg from "pg";
import { expect } from "vitest";
import { type App, createApp } from "../../src/app.ts";
import { type Environment, readConfig } from "../../src/config.ts";
import type { Generator } from "../../src/generation/generator.ts";
import { serializers } from "../../src/log.ts";
import { createTestClient, type TestClient } from "./client.ts";
import { createTestDatabaseUrl } from "./database.ts";

/** A line of the program's log. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly err?: { readonly message: string };
  readonly [field: string]: unknown;
}

const WARN = 40;

/** The whole program on a database of its own and a free port, and a client that talks to it. */
export interface TestApp extends TestClient {
  readonly app: App;
  readonly databaseUrl: string;
  /** What it logged as a warning or worse. */
  readonly complaints: LogLine[];
  /** Everything that it logged, from `logLevel` on. */
  readonly logged: LogLine[];
  /** Asks the database itself. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Resolves when no execution is under way any more, whatever its run's status. */
  idle(): Promise<void>;
  /** Closes all of it. */
  close(): Promise<void>;
}

/**
 * @param options.generator instead of the one that the environment names
 * @param options.env settings beside those of the test
 * @param options.databaseUrl another app's, to go on where it was or to share its work; else a fresh one
 */
export async function startTestApp(options: {
  generator?: Generator;
  env?: Environment;
  databaseUrl?: string;
  role?: "all" | "api" | "worker";
  retryBaseMs?: number;
  logLevel?: "debug" | "info" | "warn";
}): Promise<TestApp> {
  const databaseUrl = options.databaseUrl ?? (await createTestDatabaseUrl());
  const config = readConfig({
    GENERATOR: "outline",
    LOG_LEVEL: "warn",
    ...options.env,
    ...{ DATABASE_URL: databaseUrl, PORT: "0", ROLE: options.role },
  });
  const complaints: LogLine[] = [];
  const logged: LogLine[] = [];
  const write = (text: string) => {
    const line = JSON.parse(text) as LogLine;
    logged.push(line);
    if (line.level >= WARN) complaints.push(line);
  };
  const log = pino({ level: options.logLevel ?? config.logLevel, serializers }, { write });
  const app = await createApp({ config, log, ...options });
  const client = createTestClient(app.url);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  const sql: TestApp["sql"] = async <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) =>
    (await pool.query<Row>(text, [...values])).rows;
  return {
    ...client,
    app,
    databaseUrl,
    complaints,
    logged,
    sql,
    async idle() {
      const jobs = `SELECT id FROM pgboss.job WHERE state IN ('created', 'retry', 'active')`;
      await expect.poll(() => sql(jobs), { interval: 10, timeout: 10_000 }).toEqual([]);
    },
    async close() {
      await client.close();
      await pool.end();
      await app.close();
    },
  };
}
