/**
 * Why somebody should look at a run: `events` were appended to it, or it needs its executor's attention (`control`: it was
 * cancelled or taken over, or an item of it has gone).
 */
export type WakeUpReason = "events" | "control";
export type WakeUpListener = (reason: WakeUpReason) => void;

/** Tells who listens to a run that there is something to read; carries no truth itself. */
export interface WakeUps {
  /** Call it after the commit, never before. */
  wake(runId: string, reason: WakeUpReason): void;
  /** Calls `listener` on each wake-up of the run until the returned function is called. */
  listen(runId: string, listener: WakeUpListener): () => void;
}

/** Wake-ups within one process. */
export interface LocalWakeUps extends WakeUps {
  /** Wakes everybody: wake-ups may have been missed. */
  wakeAll(): void;
}

export function createWakeUps(): LocalWakeUps {
  const listeners = new Map<string, Set<WakeUpListener>>();
  return {
    wake(runId, reason) {
      for (const listener of listeners.get(runId) ?? []) listener(reason);
    },
    wakeAll() {
      for (const ofRun of listeners.values()) for (const listener of ofRun) listener("control");
    },
    listen(runId, listener) {
      const ofRun = listeners.get(runId) ?? new Set();
      listeners.set(runId, ofRun.add(listener));
      return () => {
        ofRun.delete(listener);
        if (ofRun.size === 0) listeners.delete(runId);
      };
    },
  };
}
