import { setTimeout as wait } from "node:timers/promises";
import type { Slot } from "./processes.ts";
import type { Random } from "./random.ts";
import type { Timeline } from "./timeline.ts";
import type { Violation } from "./violations.ts";

/** Longer than the program itself waits for a database that is away. */
const PATIENCE_MS = 20_000;
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

  async function probe(slot: Slot): Promise<void> {
    const path = random.pick(["/healthz", "/readyz", "/readyz", "/readyz", "/metrics"]);
    const began = Date.now();
    const status = await fetch(`${slot.url}${path}`, { signal: AbortSignal.timeout(PATIENCE_MS) }).then(
      (response) => response.status,
      () => null,
    );
    const now = Date.now();
    const upSince = timeline.changes.findLast(({ name }) => name === slot.name);
    if (slot.state !== "ready" || upSince === undefined || upSince.at >= began) return;
    count += 1;
    const fail = (what: string) => report({ kind: "answer", text: `${slot.name}${path} ${what}.` });
    if (status === null) return fail(`did not answer within ${PATIENCE_MS / 1_000} s`);
    if (path !== "/readyz" && status !== 200) return fail(`answered ${status}`);
    if (path !== "/readyz") return;
    const database = timeline.changes.findLast(({ what }) => what === "database");
    const isBack = database?.up === true && began - Math.max(database.at, upSince.at) > BACK_MS;
    const isAway = database?.up === false && began - database.at > AWAY_MS;
    if (status !== 200 && status !== 503) fail(`answered ${status}`);
    if (isBack && status !== 200)
      fail(`answered ${status}, the database having been there for ${now - database.at} ms`);
    if (isAway && status !== 503) fail(`answered ${status}, the database having been away for ${now - database.at} ms`);
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
