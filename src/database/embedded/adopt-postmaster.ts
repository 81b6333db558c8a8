import { realpath } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { askServer, type Answer } from "./connection.ts";
import type { DataDirectory } from "./data-directory.ts";
import {
  identifyCluster,
  isServerOf,
  readPostmasterFile,
  RECOGNIZES_SERVERS,
  removePostmasterFile,
  type ClusterIdentity,
  type PostmasterFile,
} from "./postmaster-file.ts";
import { notReady, READY_MS, type Postmaster } from "./postmaster.ts";

/**
 * Finds the server that outlived a Storymill that was killed, and waits until it is ready, or, where it is just ending, gone. Undefined where
 * there is none; then the file that a killed one left is gone too, so that a new one can be started.
 *
 * On Linux a process is known to be the server of this cluster by its working directory. Elsewhere it has to answer and name the
 * directory: one that says it is ready gets a second for that, one that is starting or stopping ten.
 * @throws {EmbeddedServerError} when it lives and is not ready within a minute
 */
export async function adoptPostmaster(
  data: DataDirectory,
  password: string,
  signal: AbortSignal | undefined,
): Promise<Postmaster | undefined> {
  const cluster = await identifyCluster(data.cluster);
  const began = performance.now();
  for (;;) {
    const file = await readPostmasterFile(data.cluster);
    if (!file) return undefined;
    const waited = performance.now() - began;
    if (await isLeftBehind(file, cluster, waited)) {
      await removePostmasterFile(data.cluster);
      return undefined;
    }
    const { pid, port, ready } = file;
    if (pid !== undefined && port !== undefined && ready) {
      const answer = await askServer(port, password);
      const isOurs = RECOGNIZES_SERVERS ? answer !== "not-now" : await isSame(answer, data.cluster);
      if (isOurs) return { pid, port, cluster, ended: undefined };
    }
    if (pid !== undefined && waited > READY_MS) throw notReady(data, pid);
    await delay(25, undefined, { signal });
  }
}

/** Whether no server is behind the file; where that cannot be seen, after a time in which a living one would have shown itself. */
async function isLeftBehind(file: PostmasterFile, cluster: ClusterIdentity, waitedMs: number): Promise<boolean> {
  if (file.pid === undefined) return waitedMs > 1000;
  if (!RECOGNIZES_SERVERS && waitedMs > (file.ready ? 1000 : 10_000)) return true;
  return !(await isServerOf(cluster, file.pid));
}

async function isSame(answer: Answer, cluster: string): Promise<boolean> {
  if (typeof answer === "string") return false;
  const [served, own] = await Promise.all([realpath(answer.directory), realpath(cluster)]);
  return served === own;
}
