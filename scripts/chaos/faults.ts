import { setTimeout as wait } from "node:timers/promises";
import { createDatabaseFaults, type DatabaseFaultCounts } from "./database-faults.ts";
import type { FlakyDatabase } from "./database.ts";
import type { Interruption } from "./history.ts";
import type { People } from "./people.ts";
import type { Slot } from "./processes.ts";
import type { FlakyProvider } from "./provider.ts";
import type { Random } from "./random.ts";

/** How often each fault is drawn. */
const FAULTS = {
  killWorker: 26,
  killApi: 15,
  haltWorker: 11,
  haltApi: 6,
  replace: 6,
  restartDatabase: 9,
  pauseDatabase: 3,
  cutConnections: 6,
  cutSockets: 12,
  provider: 5,
} as const;
/** Mean time between two faults. */
const MEAN_MS = 2_000;

export interface FaultCounts {
  kills: number;
  halts: number;
  replacements: number;
  cuts: number;
  providerAway: number;
  readonly database: Readonly<DatabaseFaultCounts>;
}

/** What goes wrong, at random, until it is told to stop. */
export interface Faults {
  readonly counts: Readonly<FaultCounts>;
  readonly interruptions: readonly Interruption[];
  /** No more; resolves when everything lives again. */
  stop(): Promise<void>;
}

export function startFaults(parts: {
  readonly slots: readonly Slot[];
  readonly database: FlakyDatabase;
  readonly provider: FlakyProvider;
  readonly people: People;
  readonly random: Random;
  readonly forMs: number;
}): Faults {
  const { slots, provider, people, random } = parts;
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  const busy = new Set<Slot>();
  const interruptions: Interruption[] = [];
  const database = createDatabaseFaults({ database: parts.database, random: random.fork("database"), track });
  const counts: FaultCounts = {
    ...{ kills: 0, halts: 0, replacements: 0, cuts: 0, providerAway: 0 },
    database: database.counts,
  };
  let providerBusy = false;

  function track(fault: Promise<void>): void {
    underWay.add(fault);
    void fault.finally(() => underWay.delete(fault));
  }

  function onSlot(slot: Slot, fault: Promise<void>): void {
    busy.add(slot);
    track(fault.finally(() => busy.delete(slot)));
  }

  function interrupt(slot: Slot, how: Interruption["how"], forMs: number): void {
    const at = Date.now();
    interruptions.push({ name: slot.name, how, at, until: at + forMs, asked: provider.askedBy(slot.name) });
  }

  function kill(slot: Slot): void {
    counts.kills += 1;
    interrupt(slot, "killed", Infinity);
    onSlot(slot, slot.kill(random.chance(0.5) ? 0 : random.between(0, 6_000)));
  }

  function halt(slot: Slot, forMs: number): void {
    counts.halts += 1;
    interrupt(slot, "halted", forMs);
    onSlot(slot, slot.halt(forMs));
  }

  function strike(): void {
    const fault = random.weighed(FAULTS);
    const role = fault.endsWith("Worker") ? "worker" : fault.endsWith("Api") ? "api" : null;
    const free = slots.filter(
      (slot) => slot.state === "ready" && !busy.has(slot) && (role === null || slot.role === role),
    );
    // Mostly there is another one to take over.
    const isLast = role === "worker" && free.length < 2 && random.chance(0.75);
    const slot = free.length > 0 && !isLast ? random.pick(free) : null;
    switch (fault) {
      case "killWorker":
      case "killApi":
        if (slot !== null) kill(slot);
        return;
      case "haltWorker":
        if (slot !== null) halt(slot, random.chance(0.5) ? random.between(13_000, 22_000) : random.between(300, 6_000));
        return;
      case "haltApi":
        if (slot !== null) halt(slot, random.between(300, 6_000));
        return;
      case "replace":
        if (slot === null) return;
        counts.replacements += 1;
        onSlot(slot, slot.replace());
        return;
      case "restartDatabase":
        return database.restart();
      case "pauseDatabase":
        return database.pause();
      case "cutConnections":
        return database.cutConnections();
      case "cutSockets":
        counts.cuts += people.cut(random);
        return;
      case "provider":
        if (providerBusy) return;
        counts.providerAway += 1;
        providerBusy = true;
        track(provider.restart(random.between(0, 4_000)).finally(() => (providerBusy = false)));
        return;
    }
  }

  async function strikeOn(): Promise<void> {
    for (;;) {
      await wait(-MEAN_MS * Math.log(1 - random.next()), undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      strike();
    }
  }
  const striking = Promise.all([strikeOn(), database.lastLong(parts.forMs, stopping.signal)]);

  return {
    counts,
    interruptions,
    async stop() {
      stopping.abort();
      await striking;
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
