import { GraphQLError } from "graphql";
import { isAsyncIterable, type Plugin } from "graphql-yoga";

/** What is wrong with a request that is one: its operation cannot be told, or does not take its variables. */
const WELL_FORMED = new Set<unknown>(["OPERATION_RESOLUTION_FAILURE", "BAD_USER_INPUT"]);

/**
 * The statuses of GraphQL over HTTP where Yoga has others: a request without `query` is none, 400 whatever type the client
 * takes; to one that is well formed `application/json` brings 200, whatever is wrong with its operation.
 */
export function useSpecifiedStatuses(): Plugin {
  return {
    onParams({ params: { query } }) {
      if (typeof query === "string") return;
      throw new GraphQLError('A request has to have a "query" that is a text, such as "{ __typename }".', {
        extensions: { code: "BAD_REQUEST", http: { status: 400 } },
      });
    },
    onResultProcess({ result }) {
      if (isAsyncIterable(result) || Array.isArray(result)) return;
      for (const { extensions } of result.errors ?? [])
        // `spec` is Yoga's mark of a status that goes with GraphQL's own type only. Errors of fields have no status.
        if (WELL_FORMED.has(extensions.code) && extensions.http) extensions.http = { ...extensions.http, spec: true };
    },
  };
}
