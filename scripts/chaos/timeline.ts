/** When something that others depend on came up or went down. */
export interface Change {
  /** Milliseconds of the epoch. */
  readonly at: number;
  readonly what: "database" | "worker" | "api";
  readonly name: string;
  readonly up: boolean;
}

/** What was up when: told by who takes it down and brings it back, asked by who judges delays. */
export interface Timeline {
  readonly changes: readonly Change[];
  tell(what: Change["what"], name: string, up: boolean): void;
  /** Whether the database was away, or lost connections, at any time since then. */
  isDisturbedSince(at: number): boolean;
}

export function createTimeline(): Timeline {
  const changes: Change[] = [];
  return {
    changes,
    tell: (what, name, up) => void changes.push({ at: Date.now(), what, name, up }),
    isDisturbedSince(at) {
      const last = changes.findLast(({ what }) => what === "database");
      return last !== undefined && (!last.up || last.at > at);
    },
  };
}

/**
 * The longest time in a row, between two moments, in which a worker and the database were up and none of them went down:
 * what goes down may take with it what it had just been given.
 */
export function longestCalm(changes: readonly Change[], from: number, to: number): number {
  const workers = new Set<string>();
  let database = false;
  let since: number | null = null;
  let longest = 0;
  const close = (at: number): void => {
    if (since !== null) longest = Math.max(longest, at - Math.max(since, from));
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
