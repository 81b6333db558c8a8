import pg from "pg";
import { inject } from "vitest";
import { createDatabase, type Database } from "../../src/database/database.ts";

/** The migrated database that every test database is copied from. */
export const TEMPLATE = "storymill_template";

/** The URL of another database on the same server. */
export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Makes a fresh migrated database on the suite's server and names its URL; it goes with the server. */
export async function createTestDatabaseUrl(): Promise<string> {
  const server = inject("postgresUrl");
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  const client = new pg.Client({ connectionString: databaseUrl(server, "postgres") });
  await client.connect();
  try {
    // Two copies of one template at once fail; the lock makes them wait for each other.
    await client.query("SELECT pg_advisory_lock(1)");
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  } finally {
    await client.end();
  }
  return databaseUrl(server, name);
}

/** A fresh migrated database, opened. Close it in `afterAll`. */
export async function createTestDatabase(): Promise<Database> {
  const errors: Error[] = [];
  return createDatabase({
    url: await createTestDatabaseUrl(),
    onError: (error) => errors.push(error),
  });
}
