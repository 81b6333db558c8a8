import pg from "pg";
import { setTimeout as delay } from "node:timers/promises";
import { STORYMILL } from "./cluster.ts";
import type { DataDirectory } from "./data-directory.ts";
import { EmbeddedServerError } from "./embedded-server-error.ts";

/** The URL of a database of the embedded server. */
export function urlOf(port: number, password: string, database: string = STORYMILL): string {
  return `postgresql://${STORYMILL}:${password}@127.0.0.1:${port}/${database}`;
}

/** Runs one statement on a connection of its own. @throws what connecting or the statement throws */
async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  // What breaks the connection also rejects the statement; without a listener it would end the process too.
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text: statement, rowMode: "array" })).rows.flat();
  } finally {
    await client.end();
  }
}

/** What a server answers to the password: the directory that it serves, or that it does not accept it. */
export type Answer = { readonly directory: string } | "refused" | "not-now";

/** Asks the server of a port which directory it serves; takes 2 s at most to connect. */
export async function askServer(port: number, password: string): Promise<Answer> {
  try {
    const [directory] = await query(urlOf(port, password, "postgres"), "SHOW data_directory");
    return { directory: String(directory) };
  } catch (error) {
    return codeOf(error) === WRONG_PASSWORD ? "refused" : "not-now";
  }
}

const WRONG_PASSWORD = "28P01";
const NO_SUCH_DATABASE = "3D000";
const NOT_YET = ["57P03", "ECONNREFUSED", "ECONNRESET"];

/**
 * Connects to the database of Storymill and makes it where there is none; goes on trying for 10 s while the server says that it is starting.
 * @throws {EmbeddedServerError} when the server does not accept the password
 */
export async function ensureDatabase(
  port: number,
  password: string,
  data: DataDirectory,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    try {
      await query(urlOf(port, password), "SELECT 1");
      return;
    } catch (error) {
      const code = codeOf(error);
      if (code === NO_SUCH_DATABASE) {
        await query(urlOf(port, password, "postgres"), `CREATE DATABASE ${STORYMILL}`);
        return;
      }
      if (code === WRONG_PASSWORD)
        throw new EmbeddedServerError(
          `the database in DATA_DIR (${data.configured}) does not accept the password kept with it: put back ${data.path}/password, or set another DATA_DIR or DATABASE_URL`,
          { cause: error },
        );
      if (!NOT_YET.includes(code ?? "") || performance.now() > deadline) throw error;
      await delay(10, undefined, { signal });
    }
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
