import type { RunRow } from "../../pubsub/run-events.ts";

/** Items in flight and the least time between two starts, as the API promises them; ADAPTIVE finds its own limit. */
export const PACES: Readonly<Record<RunRow["pacing"], { inFlight: number; spacingMs: number }>> = {
  SAFE: { inFlight: 1, spacingMs: 2_000 },
  NORMAL: { inFlight: 4, spacingMs: 1_000 },
  FAST: { inFlight: 8, spacingMs: 500 },
  ADAPTIVE: { inFlight: 16, spacingMs: 0 },
};

/** Where ADAPTIVE begins when no provider limits calls, and how far it goes. */
const ADAPTIVE_UNLIMITED = 32;
const ADAPTIVE_MOST = 256;

/** Decides when items of one run may start. Retries within an item are not starts. */
export interface Pacer {
  /** How many may be in flight now. */
  readonly inFlightLimit: number;
  /** How many may start now. */
  available(): number;
  /** Milliseconds until the spacing allows the next start; 0 where it does now. */
  waitMs(): number;
  started(count: number): void;
  /** A call ended; `succeeded` lets ADAPTIVE grow. */
  ended(succeeded: boolean): void;
}

/** @param lastStart when an item of the run started last, of an earlier execution too: it counts for the spacing */
export function createPacer(options: {
  pacing: RunRow["pacing"];
  limited: boolean;
  lastStart: Date | null;
  now: () => number;
}): Pacer {
  const pace = PACES[options.pacing];
  const adaptive = options.pacing === "ADAPTIVE";
  let inFlightLimit = adaptive && !options.limited ? ADAPTIVE_UNLIMITED : pace.inFlight;
  let inFlight = 0;
  let lastStart = options.lastStart?.getTime() ?? -Infinity;
  const waitMs = () => Math.max(0, lastStart + pace.spacingMs - options.now());
  return {
    get inFlightLimit() {
      return inFlightLimit;
    },
    waitMs,
    available() {
      if (waitMs() > 0) return 0;
      const free = Math.max(0, inFlightLimit - inFlight);
      return pace.spacingMs > 0 ? Math.min(1, free) : free;
    },
    started(count) {
      inFlight += count;
      if (count > 0) lastStart = options.now();
    },
    ended(succeeded) {
      inFlight -= 1;
      if (adaptive && succeeded) inFlightLimit = Math.min(inFlightLimit + 1, ADAPTIVE_MOST);
    },
  };
}
