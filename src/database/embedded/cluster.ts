import { randomBytes } from "node:crypto";
import { mkdtemp, open, readdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { giveTo } from "./account.ts";
import type { DataDirectory } from "./data-directory.ts";
import { EmbeddedServerError } from "./embedded-server-error.ts";
import type { Programs } from "./programs.ts";
import { runProgram } from "./run-program.ts";

/** The superuser of the embedded server, and its database. */
export const STORYMILL = "storymill";

const HALF_MADE = "postgres.new-";

/** What PostgreSQL calls a cluster: the files of one server. */
export interface Cluster {
  /** Of the superuser; letters that need no escape in a URL. */
  readonly password: string;
}

/**
 * Makes the cluster of a data directory where there is none; only its owner may call it. A cluster is made under another name, synced
 * and renamed, so that one which is there is whole; what a killed start left of another is removed.
 * @throws {EmbeddedServerError} when it cannot be made, or is of another major version than `programs`
 */
export async function ensureCluster(
  data: DataDirectory,
  programs: Programs,
  signal: AbortSignal | undefined,
): Promise<Cluster> {
  await removeHalfMade(data.path);
  const version = await readIfThere(path.join(data.cluster, "PG_VERSION"));
  const passwordFile = path.join(data.path, "password");
  const password = (await readIfThere(passwordFile))?.trim();
  if (version === undefined) return makeCluster(data, programs, password || undefined, signal);
  if (version.trim() !== programs.major)
    throw new EmbeddedServerError(
      `the database in DATA_DIR (${data.configured}) was made by PostgreSQL ${version.trim()}, this Storymill comes with ${programs.major}: go on with the Storymill that made it, or set another DATA_DIR or DATABASE_URL`,
    );
  if (!password)
    throw new EmbeddedServerError(
      `the password of the database in DATA_DIR (${data.configured}) is lost, ${passwordFile} is missing or empty: put it back, or set another DATA_DIR or DATABASE_URL`,
    );
  return { password };
}

async function makeCluster(
  data: DataDirectory,
  programs: Programs,
  knownPassword: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Cluster> {
  const password = knownPassword ?? (await makePassword(data));
  const half = await mkdtemp(path.join(data.path, HALF_MADE));
  try {
    await giveTo(data.account, half);
    await initdb(data, programs, half, signal);
    await rename(half, data.cluster).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST" && error.code !== "EPERM") throw error;
      throw new EmbeddedServerError(
        `${data.cluster} is there but holds no PostgreSQL database: move it away, or set another DATA_DIR or DATABASE_URL`,
        { cause: error },
      );
    });
    await syncDirectory(data.path);
    return { password };
  } finally {
    await rm(half, { recursive: true, force: true });
  }
}

/** On the disk before the first database that needs it. */
async function makePassword(data: DataDirectory): Promise<string> {
  const password = randomBytes(24).toString("base64url");
  const file = path.join(data.path, "password");
  await rm(`${file}.new`, { force: true });
  const handle = await open(`${file}.new`, "wx", 0o600);
  try {
    await handle.writeFile(`${password}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await giveTo(data.account, `${file}.new`);
  await rename(`${file}.new`, file);
  return password;
}

async function initdb(
  data: DataDirectory,
  programs: Programs,
  directory: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const run = async (...locale: string[]): Promise<{ ok: boolean; complaints: string }> => {
    const result = await runProgram(
      programs.initdb,
      [
        `--pgdata=${directory}`,
        `--username=${STORYMILL}`,
        `--pwfile=${path.join(data.path, "password")}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        ...locale,
        "--lc-messages=C",
        "--no-instructions",
      ],
      { account: data.account, cwd: data.path, signal },
    );
    signal?.throwIfAborted();
    return result;
  };
  let result = await run("--locale=C.UTF-8");
  // PostgreSQL brings its own C.UTF-8; systems whose C library has none of that name refuse it for the rest, where C does as well.
  if (!result.ok && result.complaints.includes("invalid locale name"))
    result = await run("--locale=C", "--builtin-locale=C.UTF-8");
  if (!result.ok)
    throw new EmbeddedServerError(
      `PostgreSQL could not make its database in DATA_DIR (${data.configured}): ${firstError(result.complaints)}; mend this, or set another DATA_DIR or DATABASE_URL`,
    );
}

/** The first line that names an error, for what follows are its consequences; else the last line. */
function firstError(complaints: string): string {
  const lines = complaints
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const first = lines.find((line) => /\b(?:FATAL|PANIC|ERROR|error):/.test(line)) ?? lines.at(-1);
  return first?.replace(/^.*?\b(?:FATAL|PANIC|ERROR|error): */, "") ?? "initdb said nothing";
}

async function removeHalfMade(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    // A killed start's initdb may go on for a moment and add files to what is being removed.
    if (name.startsWith(HALF_MADE))
      await rm(path.join(directory, name), { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

/** Makes a rename survive a power failure; Windows cannot open directories, and journals renames. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
