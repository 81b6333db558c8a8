import path from "node:path";
import type { Account } from "./account.ts";
import { adoptPostmaster } from "./adopt-postmaster.ts";
import { ensureCluster } from "./cluster.ts";
import { ensureDatabase, urlOf } from "./connection.ts";
import { prepareDataDirectory, type DataDirectory } from "./data-directory.ts";
import { EmbeddedServerError } from "./embedded-server-error.ts";
import { keepRunning } from "./keep-running.ts";
import { claimOwnership } from "./owner.ts";
import { stopPostmaster, type Postmaster } from "./postmaster.ts";
import { findPrograms, type Programs } from "./programs.ts";
import { SERVER_SETTINGS } from "./server-settings.ts";
import { startPostmaster } from "./start-postmaster.ts";
import { SYSTEM_DIRECTORY } from "./system-directory.ts";

export { EmbeddedServerError };

/** A PostgreSQL of our own, which nobody else uses or stops until `close()`; killed, it is started again on the same port. */
export interface EmbeddedServer {
  /** Of the superuser and database `storymill`, password included. */
  readonly url: string;
  /** Where the data really are: DATA_DIR made absolute, or, for root, where it had to move to. */
  readonly dataDir: string;
  /**
   * Shuts the server down fast (connections end, nothing committed is lost) and resolves when its process is gone: 19 s at most.
   * @throws {EmbeddedServerError} when it does not end
   */
  close(): Promise<void>;
}

/**
 * Starts the PostgreSQL that comes with Storymill on DATA_DIR, which is made where it is missing; or takes over the one that is still running
 * there because the Storymill before was killed.
 * @param options.settings further settings of PostgreSQL, over Storymill's; they do not reach a server that is taken over
 * @throws {EmbeddedServerError} when there cannot be one: nothing of it runs on, but a recovery that takes longer than a minute
 * @throws what `options.signal` was aborted with
 */
export async function startEmbeddedServer(options: {
  dataDir: string;
  log: (line: string) => void;
  signal?: AbortSignal;
  settings?: Record<string, string>;
}): Promise<EmbeddedServer> {
  const { signal } = options;
  signal?.throwIfAborted();
  try {
    return await start(options);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof EmbeddedServerError) throw error;
    throw new EmbeddedServerError(
      `the embedded PostgreSQL on DATA_DIR (${options.dataDir}) could not be started: ${error instanceof Error ? error.message : error}; set another DATA_DIR or DATABASE_URL`,
      { cause: error },
    );
  }
}

async function start(options: {
  dataDir: string;
  log: (line: string) => void;
  signal?: AbortSignal;
  settings?: Record<string, string>;
}): Promise<EmbeddedServer> {
  const { log, signal } = options;
  const data = await prepareDataDirectory(options.dataDir);
  const owner = await claimOwnership(data.path, data.account, data.configured);
  try {
    const programs = await findPrograms({
      account: data.account,
      copies: path.join(data.account ? SYSTEM_DIRECTORY : data.path, "programs"),
    });
    if (data.account) log(describeAccount(data, data.account, programs));
    const { password } = await ensureCluster(data, programs, signal);
    const settings = { ...SERVER_SETTINGS, ...options.settings };
    const { postmaster, adopted } = await runPostmaster(data, programs, password, settings, signal);
    try {
      await ensureDatabase(postmaster.port, password, data, signal);
    } catch (error) {
      await stopPostmaster(postmaster, data, programs);
      throw error;
    }
    log(
      `PostgreSQL ${programs.version} ${adopted ? "was still running" : "runs"} on port ${postmaster.port} (pid ${postmaster.pid}), its data in ${data.cluster}`,
    );

    const kept = keepRunning({
      first: postmaster,
      restart: async (port, restarting) => {
        const again = { ...settings, port: String(port) };
        return (await runPostmaster(data, programs, password, again, restarting)).postmaster;
      },
      log,
    });
    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      try {
        await stopPostmaster(await kept.release(), data, programs);
      } finally {
        owner.release();
      }
    };
    return { url: urlOf(postmaster.port, password), dataDir: data.path, close: () => (closing ??= close()) };
  } catch (error) {
    owner.release();
    throw error;
  }
}

/** Takes over the server that runs on the cluster, or starts one; and again, where one showed itself only by being in the way. */
async function runPostmaster(
  data: DataDirectory,
  programs: Programs,
  password: string,
  settings: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<{ postmaster: Postmaster; adopted: boolean }> {
  for (let attempt = 1; attempt <= 3; attempt++) {
    const survivor = await adoptPostmaster(data, password, signal);
    if (survivor) return { postmaster: survivor, adopted: true };
    const started = await startPostmaster(data, programs, settings, signal);
    if (started) return { postmaster: started, adopted: false };
  }
  throw new EmbeddedServerError(
    `PostgreSQL finds another server on the database in DATA_DIR (${data.configured}) that cannot be taken over: see ${data.path}/postgres.log and stop it, or set another DATA_DIR or DATABASE_URL`,
  );
}

/** What root should know: as whom PostgreSQL runs, and what is not where it would look for it. */
function describeAccount(data: DataDirectory, account: Account, programs: Programs): string {
  const moved = [
    ...(data.moved ? [`the data are in ${data.path}`] : []),
    ...(programs.copied ? [`the programs in ${path.dirname(programs.postgres)}`] : []),
  ];
  const line = `running as root, which PostgreSQL refuses to: it runs as ${account.name}`;
  return moved.length === 0 ? line : `${line}, who cannot enter the project's directory: ${moved.join(", ")}`;
}
