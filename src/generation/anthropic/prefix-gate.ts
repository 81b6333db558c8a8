import { createHash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";

/** A call's place behind the gate. */
export interface Passage extends Disposable {
  /** The provider has begun to answer: what the call's prompt begins with is in its cache now. */
  begun(): void;
}

/**
 * Lets one call go ahead for each beginning that prompts share. The provider's cache can be read once an answer to the
 * first of them has begun; calls that start together would each pay for writing it.
 */
export interface PrefixGate {
  /**
   * With `waits`, waits while another call with the same prefix is about to fill the cache, but no longer than the gate's
   * patience. Others go on at once, and fill it for those that wait.
   * @throws the signal's reason when aborted
   */
  enter(prefix: string, call: { readonly signal: AbortSignal; readonly waits: boolean }): Promise<Passage>;
}

/** A cache keeps a prefix for five minutes from its last use; beyond this it may be gone. */
const KEPT_MS = 4.5 * 60_000;

/**
 * @param options.patienceMs longest wait behind another call
 * @param options.now milliseconds of the epoch
 */
export function createPrefixGate(options: { readonly patienceMs: number; readonly now: () => number }): PrefixGate {
  const { now } = options;
  /** Prefixes in the cache, until when; and those that a call is about to write there. */
  const keptUntil = new Map<string, number>();
  const leaders = new Map<string, PromiseWithResolvers<void>>();

  function passage(key: string, leader: PromiseWithResolvers<void> | null): Passage {
    const leave = (): void => {
      if (leader === null || leaders.get(key) !== leader) return;
      leaders.delete(key);
      leader.resolve();
    };
    return {
      begun() {
        keptUntil.set(key, now() + KEPT_MS);
        // Whoever of them is answered first, the others need not wait any longer.
        leaders.get(key)?.resolve();
        leaders.delete(key);
      },
      [Symbol.dispose]: leave,
    };
  }

  return {
    async enter(prefix, { signal, waits }) {
      const key = createHash("sha256").update(prefix).digest("base64");
      for (const [each, until] of keptUntil) if (until <= now()) keptUntil.delete(each);
      const patience = new AbortController();
      const outOfPatience = wait(options.patienceMs, true, { signal: AbortSignal.any([signal, patience.signal]) });
      // Nobody may be waiting for it any more when it ends.
      outOfPatience.catch(() => {});
      try {
        for (;;) {
          signal.throwIfAborted();
          if (keptUntil.has(key)) return passage(key, null);
          const ahead = leaders.get(key);
          if (ahead === undefined) {
            const leader = Promise.withResolvers<void>();
            leaders.set(key, leader);
            return passage(key, leader);
          }
          if (!waits) return passage(key, null);
          // A leader that failed has left: one of those behind it takes its place.
          const gone = await Promise.race([ahead.promise, outOfPatience]).catch(() => true);
          if (gone === true && !signal.aborted) return passage(key, null);
        }
      } finally {
        patience.abort();
      }
    },
  };
}
