import { type ExecutionResult, GraphQLError } from "graphql";
import { isAsyncIterable, type Plugin, processRegularResult } from "graphql-yoga";
import type { RequestScopes } from "./request-scope.ts";

/**
 * Ends subscriptions that nobody will hear, which Yoga leaves open for ever: of clients that take no stream of events, and
 * of clients that went away before their stream began. (Of those that go away later, Yoga takes care.)
 */
export function useResponseStreams(scopes: RequestScopes): Plugin {
  return {
    onResultProcess({ request, result, resultProcessor, setResult, setResultProcessor }) {
      if (!isAsyncIterable(result) || (resultProcessor !== undefined && !request.signal.aborted)) return;
      void end(result, scopes);
      setResult(NO_STREAM);
      setResultProcessor(processRegularResult, "application/json");
    },
  };
}

async function end(results: AsyncIterable<unknown>, scopes: RequestScopes): Promise<void> {
  try {
    await results[Symbol.asyncIterator]().return?.();
  } catch (err) {
    scopes.log.error({ err }, "A subscription could not be ended.");
  }
}

const NO_STREAM: ExecutionResult = {
  errors: [
    new GraphQLError(
      "A subscription is answered by a stream of events. Send the header Accept: text/event-stream, or use a WebSocket.",
      { extensions: { code: "NOT_ACCEPTABLE", http: { status: 406 } } },
    ),
  ],
};
