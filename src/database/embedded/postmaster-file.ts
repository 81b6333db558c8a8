import { readFile, rm, stat } from "node:fs/promises";
import path from "node:path";
import { isAlive } from "./process-alive.ts";

/** What a server says of itself in `postmaster.pid`, while it writes it line by line. */
export interface PostmasterFile {
  /** Undefined in the moment before it is written, and for ever where the server ended in that moment. */
  readonly pid: number | undefined;
  /** Undefined until it listens. */
  readonly port: number | undefined;
  readonly ready: boolean;
}

/** Reads the file of the server that runs on a cluster, or ran and could not remove it; undefined where there is none. */
export async function readPostmasterFile(cluster: string): Promise<PostmasterFile | undefined> {
  try {
    // pid, directory, start time, port, socket directory, listen address, shared memory, status
    const lines = (await readFile(fileOf(cluster), "utf8")).split("\n").map((line) => line.trim());
    return { pid: Number(lines[0]) || undefined, port: Number(lines[3]) || undefined, ready: lines[7] === "ready" };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Removes the file of a server that is gone. Left there, it would keep PostgreSQL from starting where its pid has become
 * another process of the same user; that no process of that server is left, PostgreSQL makes sure of by its shared memory.
 */
export async function removePostmasterFile(cluster: string): Promise<void> {
  await rm(fileOf(cluster), { force: true });
}

function fileOf(cluster: string): string {
  return path.join(cluster, "postmaster.pid");
}

/** A cluster's directory, whatever its path is by now. */
export interface ClusterIdentity {
  readonly device: bigint;
  readonly inode: bigint;
}

export async function identifyCluster(cluster: string): Promise<ClusterIdentity> {
  const { dev, ino } = await stat(cluster, { bigint: true });
  return { device: dev, inode: ino };
}

/** Whether {@link isServerOf} is sure: it is on Linux, elsewhere it takes any living process of that pid for the server. */
export const RECOGNIZES_SERVERS = process.platform === "linux";

/** Whether the process of this pid is a server of this cluster: PostgreSQL works in its cluster's directory. */
export async function isServerOf(identity: ClusterIdentity, pid: number): Promise<boolean> {
  if (!RECOGNIZES_SERVERS) return isAlive(pid);
  const directory = await stat(`/proc/${pid}/cwd`, { bigint: true }).catch(() => undefined);
  return directory !== undefined && directory.dev === identity.device && directory.ino === identity.inode;
}
