import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { DataDirectory } from "./data-directory.ts";
import { EmbeddedServerError } from "./embedded-server-error.ts";
import { identifyCluster, readPostmasterFile } from "./postmaster-file.ts";
import { notReady, READY_MS, stopPostmaster, type Postmaster } from "./postmaster.ts";
import type { Programs } from "./programs.ts";
import { cannotStart, spawnProgram } from "./run-program.ts";
import { openServerLog, type ServerLog } from "./server-log.ts";

const PORT_ATTEMPTS = 5;
const OTHERS_END_MS = 10_000;

/**
 * Starts a server on a cluster, on a free port, and waits up to a minute until it is ready. It outlives this
 * process, and does not hear its terminal's Ctrl-C. Undefined where another server is starting there, which a Storymill
 * that was killed may have left in its last moment.
 * @throws {EmbeddedServerError} when it does not start, in PostgreSQL's own words
 * @throws what `signal` was aborted with; then it is stopped
 */
export async function startPostmaster(
  data: DataDirectory,
  programs: Programs,
  settings: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<Postmaster | undefined> {
  const othersEnd = performance.now() + OTHERS_END_MS;
  let ports = 0;
  for (;;) {
    const port = String(await findFreePort());
    ports++;
    const log = await openServerLog(data);
    try {
      const started = await launch(data, programs, { port, ...settings }, log, signal);
      if (started) return started;
    } finally {
      await log.handle.close();
    }
    if (await log.says('lock file "postmaster.pid"')) return undefined;
    const portIsTaken = await log.says("could not create any TCP/IP sockets");
    if (portIsTaken && ports < PORT_ATTEMPTS) continue;
    // The other processes of a server whose postmaster was killed end by themselves, soon.
    const othersAreLeft = await log.says("pre-existing shared memory block");
    if (!othersAreLeft || performance.now() > othersEnd)
      throw new EmbeddedServerError(
        portIsTaken
          ? `PostgreSQL could bind none of ${PORT_ATTEMPTS} ports on this machine's loopback address: see ${log.file}, or set DATABASE_URL`
          : `PostgreSQL did not start with the database in DATA_DIR (${data.configured}): ${await log.lastError()}; see ${log.file}, or set another DATA_DIR or DATABASE_URL`,
      );
    await delay(50);
  }
}

/** The server when it is ready, or undefined where it ended instead. */
async function launch(
  data: DataDirectory,
  programs: Programs,
  settings: Readonly<Record<string, string>>,
  log: ServerLog,
  signal: AbortSignal | undefined,
): Promise<Postmaster | undefined> {
  signal?.throwIfAborted();
  const cluster = await identifyCluster(data.cluster);
  const child = spawnProgram(
    programs.postgres,
    ["-D", data.cluster, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
    { account: data.account, cwd: data.path, stdio: ["ignore", log.handle.fd, log.handle.fd] },
  );
  const ended = endOf(child);
  const pid = await pidOf(child, data);
  child.unref();
  const deadline = performance.now() + READY_MS;
  while (!ended.aborted) {
    const file = await readPostmasterFile(data.cluster);
    if (file?.pid === pid && file.ready && file.port) return { pid, port: file.port, cluster, ended };
    if (signal?.aborted) {
      await stopPostmaster({ pid, cluster, ended }, data, programs);
      throw signal.reason;
    }
    if (performance.now() > deadline) throw notReady(data, pid);
    await delay(5);
  }
  return undefined;
}

function endOf(child: ChildProcess): AbortSignal {
  const controller = new AbortController();
  child.once("exit", () => controller.abort());
  return controller.signal;
}

async function pidOf(child: ChildProcess, data: DataDirectory): Promise<number> {
  try {
    await once(child, "spawn");
  } catch (error) {
    throw cannotStart(error, data.account);
  }
  if (child.pid === undefined) throw new Error("a started process has no pid");
  return child.pid;
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("a TCP server has no port");
  return address.port;
}
