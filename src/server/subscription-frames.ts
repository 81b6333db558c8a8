import type { ExecutionResult } from "graphql";
import { formatError } from "./error-mask.ts";

/** Writes the results of a subscription to its client; ends or throws as they do, and yields nothing itself. */
export type WriteFrames = (
  results: AsyncIterable<ExecutionResult>,
  id: string,
  /** Resolves when the message has been taken: the next result is not asked for before. */
  send: (message: string) => Promise<void>,
) => AsyncIterableIterator<never>;

/**
 * The `next` messages of graphql-transport-ws, past graphql-ws, which would serialize a result for each of its subscribers:
 * here a result that many share is made text once, and only the operation's id is put before it.
 */
export function createFrameWriter(): WriteFrames {
  const texts = new WeakMap<ExecutionResult, string>();
  const textOf = (result: ExecutionResult): string => {
    const known = texts.get(result);
    if (known !== undefined) return known;
    const text = JSON.stringify(formatResult(result));
    texts.set(result, text);
    return text;
  };

  return (results, id, send) => {
    const iterator = results[Symbol.asyncIterator]();
    const start = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
    const end = async () => {
      await iterator.return?.();
      return { done: true, value: undefined } as const;
    };
    return {
      async next() {
        for (;;) {
          const { done, value } = await iterator.next();
          if (done === true) return { done, value: undefined };
          try {
            await send(`${start}${textOf(value)}}`);
          } catch (error) {
            await end();
            throw error;
          }
        }
      },
      return: end,
      throw: end,
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  };
}

/** A result as it goes over the wire. */
export function formatResult({ errors, ...result }: ExecutionResult): object {
  return errors === undefined ? result : { ...result, errors: errors.map(formatError) };
}
