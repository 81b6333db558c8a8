import { type ExecutionResult, GraphQLError } from "graphql";
import { isAsyncIterable, type Plugin, processRegularResult } from "graphql-yoga";
import type { Logger } from "pino";

/**
 * Ends subscriptions that nobody hears, which Yoga leaves open for ever: of clients that take no stream of events, and of
 * clients that went away before their stream had begun. Those that go away later are noticed by both.
 */
export function useResponseStreams(log: Logger): Plugin {
  return {
    onResultProcess({ request, result, resultProcessor, setResult, setResultProcessor }) {
      if (!isAsyncIterable(result)) return;
      const iterator = result[Symbol.asyncIterator]();
      const end = async () => {
        try {
          await iterator.return?.();
        } catch (err) {
          log.error({ err }, "A subscription could not be ended.");
        }
      };
      if (resultProcessor !== undefined && !request.signal.aborted) {
        request.signal.addEventListener("abort", end, { once: true });
        return;
      }
      void end();
      setResult(NO_STREAM);
      setResultProcessor(processRegularResult, "application/json");
    },
  };
}

const NO_STREAM: ExecutionResult = {
  errors: [
    new GraphQLError(
      "A subscription is answered by a stream of events. Send the header Accept: text/event-stream, or use a WebSocket.",
      { extensions: { code: "NOT_ACCEPTABLE", http: { status: 406 } } },
    ),
  ],
};
