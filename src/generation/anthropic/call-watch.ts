/** Why a call was given up by us: nothing came any more, or it took too long as a whole. */
export class CallTimeout extends Error {
  override readonly name = "CallTimeout";
  readonly kind: "silent" | "late";
  /** How long it was waited. */
  readonly ms: number;
  constructor(kind: "silent" | "late", ms: number) {
    super(kind === "silent" ? `Nothing came for ${ms} ms.` : `The call was not over after ${ms} ms.`);
    this.kind = kind;
    this.ms = ms;
  }
}

/** Watches over one call. */
export interface CallWatch extends Disposable {
  /** Ends the call; its reason is the caller's own, or a `CallTimeout`. */
  readonly signal: AbortSignal;
  /** Something came: the wait for the next thing begins, and from now on it may take `silenceMs`. */
  heard(): void;
}

/**
 * Aborts its signal when the caller does, when nothing is heard for too long, and when the call as a whole takes too
 * long. To be disposed of when the call is over.
 * @param patience.firstMs longest time until something is heard at all
 * @param patience.silenceMs longest time between two signs of life after that
 * @param patience.totalMs longest time for everything
 */
export function watchCall(
  caller: AbortSignal,
  patience: { readonly firstMs: number; readonly silenceMs: number; readonly totalMs: number },
): CallWatch {
  const controller = new AbortController();
  const leave = (): void => controller.abort(caller.reason);
  if (caller.aborted) leave();
  else caller.addEventListener("abort", leave, { once: true });

  let over = false;
  let waitMs = patience.firstMs;
  let silence = setTimeout(onSilence, waitMs);
  function onSilence(): void {
    controller.abort(new CallTimeout("silent", waitMs));
  }
  const total = setTimeout(() => controller.abort(new CallTimeout("late", patience.totalMs)), patience.totalMs);

  return {
    signal: controller.signal,
    heard() {
      // A timer that was cleared would come to life again.
      if (over || controller.signal.aborted) return;
      if (waitMs === patience.silenceMs) {
        silence.refresh();
        return;
      }
      waitMs = patience.silenceMs;
      clearTimeout(silence);
      silence = setTimeout(onSilence, waitMs);
    },
    [Symbol.dispose]() {
      over = true;
      clearTimeout(silence);
      clearTimeout(total);
      caller.removeEventListener("abort", leave);
    },
  };
}
