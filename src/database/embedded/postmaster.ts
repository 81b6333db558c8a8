import { setTimeout as delay } from "node:timers/promises";
import type { DataDirectory } from "./data-directory.ts";
import { EmbeddedServerError } from "./embedded-server-error.ts";
import { isServerOf, type ClusterIdentity } from "./postmaster-file.ts";
import type { Programs } from "./programs.ts";
import { runProgram } from "./run-program.ts";
import { signalProcess } from "./signal-process.ts";

/** A running server: its first process, which starts all others. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly cluster: ClusterIdentity;
  /** Aborted when it ends, for whatever reason; only one that this process started has it. */
  readonly ended: AbortSignal | undefined;
}

/** How long a server may take to be ready: one that recovers after a crash first replays what was written since its last checkpoint. */
export const READY_MS = 60_000;

/** The server is alive, and not ready after {@link READY_MS}. It is left to it: to stop it would only begin the recovery anew. */
export function notReady(data: DataDirectory, pid: number): EmbeddedServerError {
  return new EmbeddedServerError(
    `PostgreSQL (pid ${pid}) is still recovering the database in DATA_DIR (${data.configured}) after a minute, and goes on: start Storymill again in a while`,
  );
}

// Fast shutdown; immediate, which leaves a recovery to the next start; and what no process can refuse.
const STOPPING = [
  { signal: "INT", waitMs: 10_000 },
  { signal: "QUIT", waitMs: 7_000 },
  { signal: "KILL", waitMs: 2_000 },
] as const;

/**
 * Stops a server and waits until its process is gone: by a fast shutdown, within 10 s as a rule, by harder means up to 19 s.
 * @throws {EmbeddedServerError} when it survives even those
 */
export async function stopPostmaster(
  postmaster: Pick<Postmaster, "pid" | "cluster" | "ended">,
  data: DataDirectory,
  programs: Programs,
): Promise<void> {
  const { pid, cluster, ended } = postmaster;
  const isGone = async (): Promise<boolean> => (ended ? ended.aborted : !(await isServerOf(cluster, pid)));
  for (const { signal, waitMs } of STOPPING) {
    if (await isGone()) return;
    await send(signal, pid, data, programs);
    for (const end = performance.now() + waitMs; performance.now() < end; await delay(5)) if (await isGone()) return;
  }
  throw new EmbeddedServerError(
    `PostgreSQL (pid ${pid}) of DATA_DIR (${data.configured}) does not end: end this process before the next start`,
  );
}

async function send(
  signal: "INT" | "QUIT" | "KILL",
  pid: number,
  data: DataDirectory,
  programs: Programs,
): Promise<void> {
  // Windows knows no signals; PostgreSQL has its own there, and Node would end the process instead.
  if (process.platform === "win32" && signal !== "KILL") {
    await runProgram(programs.pgCtl, ["kill", signal, String(pid)], { account: data.account, cwd: data.path });
    return;
  }
  signalProcess(pid, `SIG${signal}`);
}
