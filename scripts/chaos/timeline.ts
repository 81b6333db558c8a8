import { type Stall, stalledMs } from "./machine.ts";

/** When something that others depend on came up or went down. */
export interface Change {
  /** Milliseconds of the epoch. */
  readonly at: number;
  readonly what: "database" | "worker" | "api";
  readonly name: string;
  readonly up: boolean;
}

/** What was up when, and when the machine stood still: told by who takes it down and brings it back, asked by who judges delays. */
export interface Timeline {
  readonly changes: readonly Change[];
  readonly stalls: readonly Stall[];
  tell(what: Change["what"], name: string, up: boolean): void;
  /** Whether the database was away, or lost connections, at any time since then. */
  isDisturbedSince(at: number): boolean;
  /** How long the machine has stood still since then. */
  stalledMsSince(at: number): number;
  /** Whether this process could do what it should since then: it was up all along, and the machine let it. */
  couldWorkSince(name: string, at: number): boolean;
}

/** Who gives others a time to answer in gives them so much more for the machine; if it takes more, nothing can be told. */
export const ALLOWANCE_MS = 5_000;

/** @param stalls grows while the machine is watched */
export function createTimeline(stalls: readonly Stall[]): Timeline {
  const changes: Change[] = [];
  const stalledMsSince = (at: number) => stalledMs(stalls, at, Date.now());
  return {
    changes,
    stalls,
    tell: (what, name, up) => void changes.push({ at: Date.now(), what, name, up }),
    isDisturbedSince(at) {
      const last = changes.findLast(({ what }) => what === "database");
      return last !== undefined && (!last.up || last.at > at);
    },
    stalledMsSince,
    couldWorkSince(name, at) {
      const last = changes.findLast((change) => change.name === name);
      return last !== undefined && last.up && last.at < at && stalledMsSince(at) < ALLOWANCE_MS;
    },
  };
}

/**
 * The longest time in a row, between two moments, in which a worker and the database were up and none of them went down:
 * what goes down may take with it what it had just been given. Time in which the machine stood still does not count.
 */
export function longestCalm(
  changes: readonly Change[],
  stalls: readonly Stall[],
  [from, to]: readonly [from: number, to: number],
): number {
  const workers = new Set<string>();
  let database = false;
  let since: number | null = null;
  let longest = 0;
  const close = (at: number): void => {
    if (since !== null) {
      const began = Math.max(since, from);
      longest = Math.max(longest, at - began - stalledMs(stalls, began, at));
    }
    since = null;
  };
  for (const { at, what, name, up } of changes) {
    if (at > to) break;
    if (what === "api") continue;
    if (!up) close(at);
    if (what === "database") database = up;
    else if (up) workers.add(name);
    else workers.delete(name);
    if (database && workers.size > 0) since ??= at;
  }
  close(to);
  return longest;
}
