import type { Logger } from "pino";
import type { Refusal } from "./respond.ts";

/** How often it is told that all are taken, in milliseconds. */
const COMPLAINT_INTERVAL = 60_000;

/** Counts the clients that stay connected, whatever they came over, and lets only so many in at once. */
export interface ClientSlots {
  /** Takes a slot and gives the function that frees it, which may be called more than once; undefined where all are taken. */
  take(): (() => void) | undefined;
  /** What whom no slot is left for is told. */
  readonly refusal: Refusal;
}

export function createClientSlots(max: number, log: Logger): ClientSlots {
  const taken = new Set<() => void>();
  let complainedAt = -Infinity;
  return {
    refusal: {
      status: 503,
      code: "TOO_MANY_CLIENTS",
      message: `The server has ${max} clients connected, which is the most. Try again later, or raise MAX_SOCKETS.`,
      headers: { "retry-after": "5" },
    },
    take() {
      if (taken.size < max) {
        const free = () => void taken.delete(free);
        taken.add(free);
        return free;
      }
      if (performance.now() - complainedAt > COMPLAINT_INTERVAL) {
        complainedAt = performance.now();
        log.warn(
          { maxSockets: max },
          "Clients are turned away: as many are connected as may be. MAX_SOCKETS allows more.",
        );
      }
      return undefined;
    },
  };
}
