import type { ServerResponse } from "node:http";
import { type ExecutionResult, GraphQLError } from "graphql";
import { isAsyncIterable, type Plugin, processRegularResult } from "graphql-yoga";
import type { ClientSlots } from "./client-slots.ts";
import type { RequestScopes } from "./request-scope.ts";
import type { Refusal } from "./respond.ts";

/**
 * Lets only so many streams be open, and ends subscriptions that nobody will hear, which Yoga leaves open for ever: of
 * clients that take no stream of events, and of clients that went away before their stream began. (Of those that go away
 * later, Yoga takes care.)
 */
export function useResponseStreams(slots: ClientSlots, scopes: RequestScopes): Plugin<object, { res: ServerResponse }> {
  return {
    onResultProcess({ request, result, resultProcessor, serverContext, setResult, setResultProcessor }) {
      if (!isAsyncIterable(result)) return;
      const answerInstead = (answer: ExecutionResult) => {
        void end(result, scopes);
        setResult(answer);
        setResultProcessor(processRegularResult, "application/json");
      };
      if (resultProcessor === undefined || request.signal.aborted) return answerInstead(NO_STREAM);
      const free = slots.take();
      if (free === undefined) return answerInstead(noSlot(slots.refusal));
      serverContext.res.once("close", free);
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

function noSlot({ status, code, message, headers }: Refusal): ExecutionResult {
  return { errors: [new GraphQLError(message, { extensions: { code, http: { status, headers } } })] };
}
