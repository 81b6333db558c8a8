import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { isServerOf } from "./postmaster-file.ts";
import type { Postmaster } from "./postmaster.ts";

/** A server that another process started is looked after this often. */
const LOOK_MS = 1_000;
const RETRY_MS = 5_000;

/** A server that is started again whenever it ends unasked. */
export interface KeptServer {
  /** Lets it end, and tells which one there was last. */
  release(): Promise<Postmaster>;
}

/**
 * Keeps a server running: where it is killed (by hand, or for want of memory), it is started again on the port that it had,
 * so that whoever uses it only has to connect once more.
 * @param options.restart starts the server on this port
 */
export function keepRunning(options: {
  first: Postmaster;
  restart: (port: number, signal: AbortSignal) => Promise<Postmaster>;
  log: (line: string) => void;
}): KeptServer {
  const { restart, log } = options;
  const releasing = new AbortController();
  const { signal } = releasing;
  let current = options.first;

  async function keep(): Promise<void> {
    while (!signal.aborted) {
      await endOf(current, signal);
      if (signal.aborted) return;
      log(`PostgreSQL (pid ${current.pid}) ended unexpectedly: it is started again`);
      await startAgain();
    }
  }

  async function startAgain(): Promise<void> {
    while (!signal.aborted) {
      try {
        current = await restart(current.port, signal);
        log(`PostgreSQL runs again on port ${current.port} (pid ${current.pid})`);
        return;
      } catch (error) {
        if (signal.aborted) return;
        log(`${error instanceof Error ? error.message : error}; trying again in ${RETRY_MS / 1_000} s`);
        await delay(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  const kept = keep();
  return {
    async release() {
      releasing.abort(new Error("The server is no longer wanted."));
      await kept;
      return current;
    },
  };
}

/** Resolves when the server has ended, or at the signal. */
async function endOf({ pid, cluster, ended }: Postmaster, signal: AbortSignal): Promise<void> {
  if (ended !== undefined) {
    const either = AbortSignal.any([ended, signal]);
    if (!either.aborted) await once(either, "abort");
    return;
  }
  while (!signal.aborted && (await isServerOf(cluster, pid)))
    await delay(LOOK_MS, undefined, { signal, ref: false }).catch(() => {});
}
