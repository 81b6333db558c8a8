import { createServer } from "node:net";
import { once } from "node:events";
import pg from "pg";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { DatabaseError, migrate } from "../../src/database/migrate.ts";
import { migrationNames } from "../../src/database/schema-engine.ts";
import { createTestDatabaseUrl, databaseUrl } from "../support/database.ts";

const VERSION = "0.1.0";

/** Asks a database of its own connection. */
async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** The URL of a new database with nothing in it. */
async function emptyDatabase(options = ""): Promise<string> {
  const server = inject("postgresUrl");
  const name = `empty_${crypto.randomUUID().replaceAll("-", "")}`;
  await query(databaseUrl(server, "postgres"), `CREATE DATABASE ${name} TEMPLATE template0 ${options}`);
  return databaseUrl(server, name);
}

const tables = (url: string) =>
  query(url, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1");

describe("a start", () => {
  it("brings an empty database up to this program, and one that is up to it stays as it is", async () => {
    const url = await emptyDatabase();
    expect(await migrate(url, VERSION)).toEqual(await migrationNames());
    expect(await tables(url)).toContainEqual({ table_name: "RunEvent" });
    expect(await migrate(url, VERSION)).toEqual([]);
  });

  it("gives each installation a secret of its own", async () => {
    const secrets = async () => {
      const url = await emptyDatabase();
      await migrate(url, VERSION);
      return query(url, `SELECT secret FROM "Installation"`);
    };
    const [one, other] = [await secrets(), await secrets()];
    expect(one).toEqual([{ secret: expect.stringMatching(/^[0-9a-f-]{36}$/u) }]);
    expect(other).not.toEqual(one);
  });

  it("is one of several at once that migrate: the others wait for it", async () => {
    const url = await emptyDatabase();
    const ran = await Promise.all(Array.from({ length: 4 }, () => migrate(url, VERSION)));
    expect(ran.flat()).toEqual(await migrationNames());
  });

  it("is let in by a newer program's database that still takes this one", async () => {
    const url = await createTestDatabaseUrl();
    await query(
      url,
      `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
       VALUES ('later', 'x', now(), '99990101000000_of_a_later_version', 1)`,
    );
    expect(await migrate(url, VERSION)).toEqual([]);
  });
});

describe("a database that cannot be used is told in one line, with what to do", () => {
  async function refusal(url: string): Promise<string> {
    const error = await migrate(url, VERSION).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(DatabaseError);
    const { message } = error as DatabaseError;
    expect(message).not.toContain("\n");
    const { password } = new URL(url);
    if (password !== "") expect(message).not.toContain(password);
    return message;
  }

  it("where it asks for a later program, and nothing in it is touched", async () => {
    for (const [oldest, isLater] of [
      ["0.1.1", true],
      ["0.10.0", true],
      ["0.0.9", false],
    ] as const) {
      const url = await createTestDatabaseUrl();
      await query(url, `UPDATE "Compatibility" SET "oldestProgram" = '${oldest}'`);
      if (isLater)
        expect(await refusal(url)).toBe(
          `The database is too new for this program: it asks for Storymill ${oldest} or later, this is 0.1.0. Upgrade Storymill.`,
        );
      else expect(await migrate(url, VERSION)).toEqual([]);
    }
  });

  it("where nobody answers, and where it is no PostgreSQL that does", async () => {
    const other = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")).listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await once(other, "listening");
    const address = other.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    for (const place of ["127.0.0.1:1", `127.0.0.1:${port}`])
      expect(await refusal(`postgresql://me:hushhush@${place}/storymill`)).toMatch(
        `The database at ${place}/storymill cannot be reached: `,
      );
  });

  it("where the password is wrong, and where there is no such database", async () => {
    const wrong = new URL(inject("postgresUrl"));
    wrong.password = "guessed-wrong";
    expect(await refusal(wrong.href)).toMatch(/cannot be reached: password authentication failed/);
    const missing = databaseUrl(inject("postgresUrl"), "there_is_none");
    expect(await refusal(missing)).toMatch(/cannot be reached: database "there_is_none" does not exist\. Check/);
  });

  it("where its encoding does not take every text", async () => {
    const url = await emptyDatabase("ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'");
    expect(await refusal(url)).toBe("Storymill needs a database with the encoding UTF8; this one has SQL_ASCII.");
    expect(await tables(url)).toEqual([]);
  });

  it("where something else is in it, which stays", async () => {
    const url = await emptyDatabase();
    await query(url, `CREATE TABLE "Project" (theirs int)`);
    expect(await refusal(url)).toMatch(/could not be migrated: /);
    expect(await query(url, `SELECT * FROM "Project"`)).toEqual([]);
  });
});
