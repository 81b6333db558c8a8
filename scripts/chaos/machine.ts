/** Time in which this program got no turn, from and to: then the others on the machine may have had none either. */
export interface Stall {
  /** Milliseconds of the epoch. */
  readonly from: number;
  readonly to: number;
}

export interface Machine {
  readonly stalls: readonly Stall[];
  close(): void;
}

const TICK_MS = 100;
/** A tick that is later than this was not only waiting for its turn among our own work. */
const LATE_MS = 50;

/** Watches over the machine by a clock that ticks: where it is late, whoever must be in time could not be. */
export function watchMachine(): Machine {
  const stalls: Stall[] = [];
  let due = Date.now() + TICK_MS;
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - due > LATE_MS) stalls.push({ from: due, to: now });
    due = now + TICK_MS;
  }, TICK_MS).unref();
  return { stalls, close: () => clearInterval(timer) };
}

/** How much of the time between two moments the machine stood still, in milliseconds. */
export function stalledMs(stalls: readonly Stall[], from: number, to: number): number {
  return stalls.reduce((sum, stall) => sum + Math.max(0, Math.min(stall.to, to) - Math.max(stall.from, from)), 0);
}
