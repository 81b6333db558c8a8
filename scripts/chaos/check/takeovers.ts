import { hasEnded, type History } from "../history.ts";
import { longestCalm } from "../timeline.ts";
import type { Violation } from "../violations.ts";

/** How long a run may be without a worker while there is one, and a database, and the machine lets them. */
export const TAKEOVER_MS = 15_000;

/** One that goes on after a halt may have lost its runs and not know it yet. */
const RESUME_MS = 5_000;

export interface Takeover {
  readonly ms: number;
  /** Whether a worker and the database were there all along. */
  readonly calm: boolean;
}

export interface Takeovers {
  readonly violations: Violation[];
  readonly takeovers: readonly Takeover[];
  /** The longest that any run was without a worker of the time that is judged. */
  readonly longestMs: number;
}

/** How soon runs were taken up, and taken over from workers that were killed or halted. */
export function checkTakeovers({
  stored,
  interruptions,
  changes,
  stalls,
}: Pick<History, "stored" | "interruptions" | "changes" | "stalls">): Takeovers {
  const byRun = Map.groupBy(stored.events, ({ runId }) => runId);
  const violations: Violation[] = [];
  const takeovers: Takeover[] = [];
  let longestMs = 0;
  const judge = (from: number, to: number, text: string): void => {
    const calm = longestCalm(changes, stalls, [from, to]);
    longestMs = Math.max(longestMs, calm);
    if (calm > TAKEOVER_MS)
      violations.push({
        kind: "takeover",
        text: `${text}, ${Math.round(calm)} ms of it with a worker and a database there.`,
      });
  };

  for (const run of stored.runs) {
    const [first, second] = byRun.get(run.id) ?? [];
    if (first !== undefined && second !== undefined)
      judge(first.at, second.at, `Run ${run.id} waited ${second.at - first.at} ms to be taken up`);
  }
  /** Who was halted when a run was claimed has not claimed it; what it asks for when it goes on, it had begun before. */
  const wasHalted = (name: string, then: number) =>
    interruptions.some(
      (other) => other.name === name && other.how === "halted" && other.at <= then && then <= other.until + RESUME_MS,
    );
  for (const { name, how, at, until, asked } of interruptions) {
    for (const ask of asked) {
      // Of a run and its retries, which have its wishes, one at most is active.
      const active = stored.runs
        .filter(({ instructions }) => instructions === ask.ticket)
        .map((run) => ({
          run,
          events: byRun.get(run.id) ?? [],
          held: byRun.get(run.id)?.findLast((event) => event.at <= at),
        }))
        .find(({ held }) => held !== undefined && !hasEnded(held.run));
      if (active?.held === undefined) continue;
      const { run, events, held } = active;
      const claimedAt = events.find((event) => event.run.lease === held.run.lease)?.at ?? 0;
      // Who asked since the run was claimed, and alone, is who claimed it.
      if (ask.at < claimedAt || ask.othersAt >= claimedAt || wasHalted(name, claimedAt)) continue;
      const next = events.find((event) => event.run.lease > held.run.lease || hasEnded(event.run));
      const nextAt = next?.at ?? Infinity;
      judge(
        at,
        Math.min(nextAt, until),
        `Run ${run.id} was not taken over for ${nextAt - at} ms after ${name} was ${how}`,
      );
      if (next === undefined || next.run.lease === held.run.lease || nextAt > until) continue;
      const ms = nextAt - at;
      takeovers.push({ ms, calm: longestCalm(changes, [], [at, nextAt]) >= ms });
    }
  }
  return { violations, takeovers, longestMs };
}
