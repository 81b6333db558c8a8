import pg from "pg";
import { migrationNames, openSchemaEngine } from "./schema-engine.ts";

/** The database cannot be used as it is; the message is one line that says what to do. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
}

const OLDEST_POSTGRESQL = 160_000;
/** Any number that is ours alone among the advisory locks of the database. */
const MIGRATION_LOCK = 7_305_031_411;

/**
 * Brings the database up to this program: checks its version and encoding, then runs what of `prisma/migrations` has not
 * been run, under an advisory lock, so that processes that start together wait for one of them. A database with more
 * migrations than this program knows is fine, as long as they allow a program of this `version` (a rolling restart).
 * @returns the names of the migrations that it ran
 * @throws DatabaseError when it cannot be reached, is too old or too new, or a migration failed
 */
export async function migrate(url: string, version: string): Promise<string[]> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: "storymill migrations",
  });
  // Without a listener, a connection that breaks between two queries would end the process.
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (cause) {
    throw new DatabaseError(
      `The database at ${place(url)} cannot be reached: ${reason(cause)}. Check DATABASE_URL and that PostgreSQL runs.`,
      { cause },
    );
  }
  try {
    await checkServer(client);
    await checkCompatibility(client, version);
    if (await isCurrent(client)) return [];
    await client.query("SELECT pg_advisory_lock($1)", [MIGRATION_LOCK]);
    await checkCompatibility(client, version);
    return await applyMigrations(url);
  } finally {
    await client.end();
  }
}

async function applyMigrations(url: string): Promise<string[]> {
  const engine = await openSchemaEngine(url);
  try {
    return await engine.apply();
  } catch (cause) {
    throw new DatabaseError(
      `The database at ${place(url)} could not be migrated: ${reason(cause)}. Restore it from a backup, or mend it with the prisma migrate command.`,
      { cause },
    );
  } finally {
    await engine.close();
  }
}

async function checkServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ number: number; version: string; encoding: string }>(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version,
            current_setting('server_encoding') AS encoding`,
  );
  const server = rows[0];
  if (server === undefined || server.number < OLDEST_POSTGRESQL)
    throw new DatabaseError(
      `Storymill needs PostgreSQL 16 or later; the database runs ${server?.version ?? "an unknown version"}.`,
    );
  if (server.encoding !== "UTF8")
    throw new DatabaseError(`Storymill needs a database with the encoding UTF8; this one has ${server.encoding}.`);
}

async function checkCompatibility(client: pg.Client, version: string): Promise<void> {
  if (!(await exists(client, "Compatibility"))) return;
  const { rows } = await client.query<{ oldestProgram: string }>(`SELECT "oldestProgram" FROM "Compatibility"`);
  const oldest = rows[0]?.oldestProgram;
  if (oldest !== undefined && isOlder(version, oldest))
    throw new DatabaseError(
      `The database is too new for this program: it asks for Storymill ${oldest} or later, this is ${version}. Upgrade Storymill.`,
    );
}

async function isCurrent(client: pg.Client): Promise<boolean> {
  if (!(await exists(client, "_prisma_migrations"))) return false;
  const { rows } = await client.query<{ name: string }>(
    `SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`,
  );
  const applied = new Set(rows.map((row) => row.name));
  return (await migrationNames()).every((name) => applied.has(name));
}

async function exists(client: pg.Client, table: string): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>("SELECT to_regclass($1) IS NOT NULL AS found", [
    `"${table}"`,
  ]);
  return rows[0]?.found === true;
}

/** Whether version `a` comes before `b`; both are dotted numbers. */
function isOlder(a: string, b: string): boolean {
  return a.localeCompare(b, "en", { numeric: true }) < 0;
}

/** Host and database of a connection string, without its password. */
function place(url: string): string {
  if (!URL.canParse(url)) return "DATABASE_URL";
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

/** The first line of what went wrong: drivers and the engine put traces below it. */
function reason(cause: unknown): string {
  const error = cause instanceof AggregateError ? cause.errors[0] : cause;
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "unknown reason";
}
