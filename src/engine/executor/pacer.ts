import type { RunRow } from "../../pubsub/run-events.ts";
import type { ProviderPace, Ticket } from "../pace/provider-pace.ts";

/** Items in flight and the least time between two starts, as the API promises them; ADAPTIVE finds its own limit. */
export const PACES: Readonly<Record<RunRow["pacing"], { inFlight: number; spacingMs: number }>> = {
  SAFE: { inFlight: 1, spacingMs: 2_000 },
  NORMAL: { inFlight: 4, spacingMs: 1_000 },
  FAST: { inFlight: 8, spacingMs: 500 },
  ADAPTIVE: { inFlight: 16, spacingMs: 0 },
};

/**
 * Decides when items of one run may start. A retry is no start: it keeps to the number in flight alone, until the provider
 * first says that it is too much.
 */
export interface Pacer {
  /** How many may be in flight now. */
  readonly inFlightLimit: number;
  /** How many items may start now; with `wanted` starts and retries in view, of which ADAPTIVE has some set aside for it. */
  available(wanted: number): number;
  /** How many retries may begin now. */
  room(wanted: number): number;
  /** Milliseconds until the next one may begin by waiting alone; Infinity where a call must end, or the pacer rings. */
  waitMs(kind: BeginKind): number;
  begin(kind: BeginKind): Ticket;
  /** Nothing begins any more. */
  leave(): void;
}

export type BeginKind = "start" | "retry";

/**
 * The pacer of a run: SAFE, NORMAL and FAST keep their promise exactly, whatever the calls take; ADAPTIVE goes by what all
 * runs on the same key know of the provider. Under each of them nothing begins while the provider asked for a pause.
 * @param options.lastStart when an item of the run started last, of an earlier execution too: it counts for the spacing
 * @param options.ring called when ADAPTIVE has got more to begin
 */
export function createPacer(options: {
  pacing: RunRow["pacing"];
  provider: ProviderPace;
  lastStart: Date | null;
  ring: () => void;
  now: () => number;
}): Pacer {
  const { provider } = options;
  if (options.pacing !== "ADAPTIVE") return createFixedPacer(PACES[options.pacing], options);
  const seat = provider.join(options.ring);
  return {
    get inFlightLimit() {
      return provider.inFlightLimit;
    },
    available: (wanted) => seat.available(wanted),
    room: (wanted) => seat.available(wanted),
    waitMs: () => Infinity,
    begin: () => seat.begin(),
    leave: () => seat.leave(),
  };
}

function createFixedPacer(
  pace: { inFlight: number; spacingMs: number },
  { provider, lastStart, now }: { provider: ProviderPace; lastStart: Date | null; now: () => number },
): Pacer {
  let inFlight = 0;
  let last = lastStart?.getTime() ?? -Infinity;
  /** From the provider's first word that it is too much, retries keep the spacing too: together they would meet it again. */
  let throttled = false;
  const spacingMs = () => Math.max(0, last + pace.spacingMs - now());
  const waitMs = (kind: BeginKind) => {
    if (inFlight >= pace.inFlight) return Infinity;
    return Math.max(provider.pausedMs, kind === "start" || throttled ? spacingMs() : 0);
  };
  return {
    inFlightLimit: pace.inFlight,
    room: () => (waitMs("retry") > 0 ? 0 : throttled ? 1 : pace.inFlight - inFlight),
    available: () => (waitMs("start") > 0 ? 0 : 1),
    waitMs,
    begin(kind) {
      inFlight += 1;
      if (kind === "start" || throttled) last = now();
      let ended = false;
      return {
        observe() {},
        end(result) {
          if (!ended) inFlight -= 1;
          ended = true;
          throttled ||= result === "throttled";
        },
      };
    },
    leave() {},
  };
}
