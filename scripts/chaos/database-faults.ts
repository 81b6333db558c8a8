import { setTimeout as wait } from "node:timers/promises";
import type { Ending, FlakyDatabase } from "./database.ts";
import type { Random } from "./random.ts";

/** How often it ends in which way. */
const ENDINGS: Readonly<Record<Ending, number>> = { INT: 35, QUIT: 20, KILL: 45 };
/** After the database was taken down there must be time for something to happen. */
const REST_MS = 6_000;
/** Longer than anybody waits, and longer than pools and clients take to give up: too seldom to be left to chance. */
const LONG_PAUSE_MS = 30_000;
const LONG_OUTAGE_MS = 60_000;
/** Each stretch of this length has one of each. */
const STRETCH_MS = 300_000;

export interface DatabaseFaultCounts {
  /** In order, at once or by kill -9, pauses, connections cut. */
  restarts: number;
  crashes: number;
  pauses: number;
  connections: number;
  /** Of those, the long ones. */
  longPauses: number;
  longOutages: number;
}

/** What goes wrong with the database: one thing at a time, with rests between. */
export interface DatabaseFaults {
  readonly counts: Readonly<DatabaseFaultCounts>;
  restart(): void;
  pause(): void;
  cutConnections(): void;
  /** Long pauses and outages at their times, until the signal. */
  lastLong(forMs: number, signal: AbortSignal): Promise<void>;
}

export function createDatabaseFaults(parts: {
  readonly database: FlakyDatabase;
  readonly random: Random;
  readonly track: (fault: Promise<void>) => void;
}): DatabaseFaults {
  const { database, random, track } = parts;
  const counts: DatabaseFaultCounts = {
    ...{ restarts: 0, crashes: 0, pauses: 0, connections: 0 },
    ...{ longPauses: 0, longOutages: 0 },
  };
  let busy = false;
  let restsUntil = 0;

  /** Nothing where it has something already. @returns whether it was done */
  function strike(fault: () => Promise<void>): boolean {
    if (busy || Date.now() < restsUntil) return false;
    busy = true;
    track(
      fault().finally(() => {
        busy = false;
        restsUntil = Date.now() + REST_MS;
      }),
    );
    return true;
  }

  function restart(ending: Ending, forMs: number): boolean {
    return strike(() => {
      counts[ending === "INT" ? "restarts" : "crashes"] += 1;
      if (forMs >= LONG_OUTAGE_MS) counts.longOutages += 1;
      return database.restart(ending, forMs);
    });
  }

  function pause(forMs: number): boolean {
    return strike(() => {
      counts.pauses += 1;
      if (forMs >= LONG_PAUSE_MS) counts.longPauses += 1;
      return database.pause(forMs);
    });
  }

  /** At that time, or as soon as the database has nothing else. */
  async function strikeAt(at: number, fault: () => boolean, signal: AbortSignal): Promise<void> {
    for (let ms = at - Date.now(); !signal.aborted; ms = 100) {
      await wait(ms, undefined, { signal }).catch(() => {});
      if (!signal.aborted && fault()) return;
    }
  }

  return {
    counts,
    restart: () => void restart(random.weighed(ENDINGS), random.chance(0.5) ? 0 : random.between(500, 6_000)),
    pause: () => void pause(random.between(500, 9_000)),
    cutConnections: () =>
      void strike(async () => {
        counts.connections += await database.cutConnections(random);
      }),
    async lastLong(forMs, signal) {
      const began = Date.now();
      const chance = random.fork("long");
      for (let from = began; from + STRETCH_MS <= began + forMs; from += STRETCH_MS) {
        const at = (least: number, most: number) => from + chance.between(least, most) * STRETCH_MS;
        const [pauseAt, outageAt] = [at(0.05, 0.35), at(0.45, 0.7)];
        const ending = chance.weighed(ENDINGS);
        await strikeAt(pauseAt, () => pause(LONG_PAUSE_MS), signal);
        await strikeAt(outageAt, () => restart(ending, LONG_OUTAGE_MS), signal);
      }
    },
  };
}
