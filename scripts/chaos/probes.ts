import { setTimeout as wait } from "node:timers/promises";
import type { Slot } from "./processes.ts";
import type { Random } from "./random.ts";
import { ALLOWANCE_MS, type Timeline } from "./timeline.ts";
import type { Violation } from "./violations.ts";

/** None of these waits for anything for longer than some seconds, and then for the machine. */
const PATIENCE_MS = 10_000 + ALLOWANCE_MS;
/** Who is not ready is asked once more after so long: whoever runs processes goes by several answers too. */
const AGAIN_MS = 3_000;
/** A database that has been away for this long must be seen to be, and one that is back for so long as well. */
const AWAY_MS = 10_000;
const BACK_MS = 30_000;

/** Asks the processes how they are, as whoever runs them does. */
export interface Probes {
  readonly count: number;
  stop(): Promise<void>;
}

export function startProbes(parts: {
  readonly slots: readonly Slot[];
  readonly timeline: Timeline;
  readonly random: Random;
  readonly report: (violation: Violation) => void;
}): Probes {
  const { slots, timeline, random, report } = parts;
  const stopping = new AbortController();
  let count = 0;

  /** What is wrong with its answer; null where nothing is, or where nothing can be told. */
  async function complainOf(slot: Slot, path: string): Promise<string | null> {
    const began = Date.now();
    const status = await fetch(`${slot.url}${path}`, { signal: AbortSignal.timeout(PATIENCE_MS) }).then(
      (response) => response.status,
      () => null,
    );
    const now = Date.now();
    if (!timeline.couldWorkSince(slot.name, began)) return null;
    count += 1;
    if (status === null) return `did not answer within ${PATIENCE_MS / 1_000} s`;
    if (path !== "/readyz") return status === 200 ? null : `answered ${status}`;
    if (status !== 200 && status !== 503) return `answered ${status}`;
    const upSince = timeline.changes.findLast(({ name }) => name === slot.name)?.at ?? began;
    const database = timeline.changes.findLast(({ what }) => what === "database");
    const isBack = database?.up === true && began - Math.max(database.at, upSince) > BACK_MS;
    const isAway = database?.up === false && began - database.at > AWAY_MS;
    if (isBack && status !== 200)
      return `answered ${status}, the database having been there for ${now - database.at} ms`;
    if (isAway && status !== 503)
      return `answered ${status}, the database having been away for ${now - database.at} ms`;
    return null;
  }

  async function probe(slot: Slot): Promise<void> {
    const path = random.pick(["/healthz", "/readyz", "/readyz", "/readyz", "/metrics"]);
    let complaint = await complainOf(slot, path);
    if (complaint !== null && path === "/readyz") {
      await wait(AGAIN_MS, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      complaint = await complainOf(slot, path);
    }
    if (complaint !== null) report({ kind: "answer", text: `${slot.name}${path} ${complaint}.` });
  }

  async function probeOn(): Promise<void> {
    while (!stopping.signal.aborted) {
      await wait(random.between(500, 2_000), undefined, { signal: stopping.signal }).catch(() => {});
      const ready = slots.filter((slot) => slot.state === "ready");
      if (ready.length > 0) await probe(random.pick(ready));
    }
  }
  const probing = probeOn();

  return {
    get count() {
      return count;
    },
    async stop() {
      stopping.abort();
      await probing;
    },
  };
}
