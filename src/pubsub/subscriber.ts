import { GraphQLError } from "graphql";
import { type FeedObserver, UNOBSERVED } from "./observer.ts";

/**
 * One consumer's end of a stream: a bounded buffer behind an explicit iterator. `return()` never waits for a pending
 * `next()` (an async generator's would, and a client that leaves a quiet run would never be let go).
 */
export interface Subscriber<T> extends AsyncIterableIterator<T, undefined, undefined> {
  /** Hands over a value; past the buffer's bound the consumer is ended with CONSUMER_TOO_SLOW. */
  push(value: T): void;
  /** Ends it once what is buffered has been taken. */
  end(): void;
  /** Ends it with an error at once; what is buffered is dropped. */
  fail(error: GraphQLError): void;
  /** Resolves when nothing waits in the buffer any more, or it is over. */
  drained(): Promise<void>;
  /** How many values wait in the buffer. */
  readonly waiting: number;
  /** Whether more than half of the buffer is taken. */
  readonly crowded: boolean;
  /** Whether it takes no more values. */
  readonly closed: boolean;
}

/** @param onClose called once, when it takes no more values for whatever reason */
export function createSubscriber<T>(
  limit: number,
  onClose: () => void,
  observer: Pick<FeedObserver, "delivered" | "tooSlow"> = UNOBSERVED,
): Subscriber<T> {
  const buffer: T[] = [];
  const waiting: PromiseWithResolvers<IteratorResult<T, undefined>>[] = [];
  let state: "open" | "ending" | "closed" = "open";
  let failure: GraphQLError | null = null;
  let emptied: PromiseWithResolvers<void> | null = null;

  function close(next: "ending" | "closed"): void {
    const wasOpen = state === "open";
    state = next;
    if (next === "closed") buffer.length = 0;
    if (next === "closed" || buffer.length === 0) {
      for (const { resolve, reject } of waiting.splice(0)) {
        if (failure === null) resolve({ value: undefined, done: true });
        else {
          reject(failure);
          failure = null;
        }
      }
    }
    emptied?.resolve();
    if (wasOpen) onClose();
  }

  return {
    get waiting() {
      return buffer.length;
    },
    get crowded() {
      return buffer.length > limit / 2;
    },
    get closed() {
      return state !== "open";
    },
    push(value) {
      if (state !== "open") return;
      const taker = waiting.shift();
      if (taker !== undefined) {
        observer.delivered();
        taker.resolve({ value, done: false });
      } else if (buffer.length < limit) buffer.push(value);
      else {
        observer.tooSlow();
        this.fail(consumerTooSlow());
      }
    },
    end() {
      if (state === "open") close("ending");
    },
    fail(error) {
      if (state !== "open") return;
      failure = error;
      close("closed");
    },
    async drained() {
      while (state === "open" && buffer.length > 0) await (emptied ??= Promise.withResolvers<void>()).promise;
    },
    next() {
      const value = buffer.shift();
      if (buffer.length === 0) {
        emptied?.resolve();
        emptied = null;
      }
      if (value !== undefined) {
        observer.delivered();
        return Promise.resolve({ value, done: false });
      }
      if (failure !== null) {
        const error = failure;
        failure = null;
        return Promise.reject(error);
      }
      if (state !== "open") return Promise.resolve({ value: undefined, done: true });
      const taker = Promise.withResolvers<IteratorResult<T, undefined>>();
      waiting.push(taker);
      return taker.promise;
    },
    return() {
      failure = null;
      close("closed");
      return Promise.resolve({ value: undefined, done: true });
    },
    throw() {
      return this.return?.() ?? Promise.resolve({ value: undefined, done: true });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

export function consumerTooSlow(): GraphQLError {
  return new GraphQLError(
    "This client did not take its events in time. Subscribe again with the cursor of the last event you have.",
    {
      extensions: { code: "CONSUMER_TOO_SLOW" },
    },
  );
}
