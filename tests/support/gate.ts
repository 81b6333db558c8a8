/** A door that calls wait at until the test opens it. */
export interface Gate {
  /** Waits until it is open; a call whose signal is aborted leaves with the signal's reason. */
  readonly pass: (signal?: AbortSignal) => Promise<void>;
  readonly open: () => void;
  /** Resolves when so many calls have come to the door. */
  readonly reached: (count: number) => Promise<void>;
}

export function createGate(): Gate {
  const opened = Promise.withResolvers<void>();
  const waiting: { count: number; resolve: () => void }[] = [];
  let arrived = 0;
  return {
    async pass(signal) {
      arrived += 1;
      for (const { count, resolve } of waiting) if (arrived >= count) resolve();
      if (signal === undefined) return opened.promise;
      const aborted = Promise.withResolvers<never>();
      const leave = () => aborted.reject(signal.reason);
      if (signal.aborted) leave();
      signal.addEventListener("abort", leave);
      try {
        await Promise.race([opened.promise, aborted.promise]);
      } finally {
        signal.removeEventListener("abort", leave);
      }
    },
    open: () => opened.resolve(),
    reached(count) {
      if (arrived >= count) return Promise.resolve();
      return new Promise((resolve) => waiting.push({ count, resolve }));
    },
  };
}

/** Resolves when the signal is aborted, with the moment on the clock of `performance.now()`. */
export function aborted(signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(performance.now());
    signal.addEventListener("abort", () => resolve(performance.now()));
  });
}
