import { GraphQLError, type GraphQLSchema } from "graphql";
import { createYoga, type Plugin } from "graphql-yoga";
import { useDeadline } from "./deadline.ts";
import { DocumentCache } from "./document-cache.ts";
import type { MaskError } from "./error-mask.ts";
import { useJsonBody } from "./json-body.ts";
import type { ClientSlots } from "./client-slots.ts";
import { useDocumentLimits } from "./limits.ts";
import { useOperationScope } from "./operation-scope.ts";
import type { RequestScopes } from "./request-scope.ts";
import { useResponseStreams } from "./response-streams.ts";
import { useSharedExecution } from "./shared-execution.ts";
import { useSpecifiedStatuses } from "./specified-statuses.ts";

/** Where GraphQL is, on every transport. */
export const GRAPHQL_PATH = "/graphql";

export type GraphqlEngine = ReturnType<typeof createGraphqlEngine>;

/**
 * Yoga, narrowed to what we let in: no CORS, no forms, no batches, no page of its own. Answers requests to GRAPHQL_PATH;
 * its `getEnveloped` is the same pipeline for the WebSocket.
 */
export function createGraphqlEngine(options: {
  readonly schema: GraphQLSchema;
  readonly context: () => object;
  readonly maskError: MaskError;
  /** Whether an error means that the database is away. */
  readonly isUnavailable: (error: unknown) => boolean;
  readonly maxMessageBytes: number;
  readonly slots: ClientSlots;
  readonly scopes: RequestScopes;
}) {
  const { schema, context, maskError, slots, scopes } = options;
  const ignore = () => {};
  return createYoga({
    schema,
    context: () => context(),
    graphqlEndpoint: GRAPHQL_PATH,
    graphiql: false,
    landingPage: false,
    cors: false,
    multipart: false,
    batching: false,
    maxRequestBodySize: false,
    // The mask logs what it hides; Yoga would log it twice more, without the reference.
    maskedErrors: { maskError, errorMessage: "" },
    logging: {
      debug: ignore,
      info: ignore,
      warn: (...what: unknown[]) => scopes.log.warn({ what }, "Yoga warns."),
      error: ignore,
    },
    parserAndValidationCache: { documentCache: new DocumentCache(), errorCache: new DocumentCache() },
    plugins: [
      useJsonBody(options.maxMessageBytes),
      useDocumentLimits(),
      useGetForQueriesOnly(),
      useSpecifiedStatuses(),
      useDeadline(),
      useResponseStreams(slots, scopes),
      useOperationScope(scopes),
      // Everybody who gets in may see everything.
      useSharedExecution({ maskError, isUnavailable: options.isUnavailable, rightsOf: () => "" }),
    ],
  });
}

/**
 * Yoga refuses mutations by GET, and answers subscriptions: a link or an image of a foreign page would start them.
 * It takes variables that are no JSON for an error of the server.
 */
function useGetForQueriesOnly(): Plugin {
  return {
    onRequestParse({ request, requestParser, setRequestParser }) {
      if (request.method !== "GET" || requestParser === undefined) return;
      setRequestParser((getRequest) => {
        try {
          return requestParser(getRequest);
        } catch (cause) {
          if (!(cause instanceof SyntaxError)) throw cause;
          throw new GraphQLError("The parameters `variables` and `extensions` have to be JSON.", {
            extensions: { code: "BAD_REQUEST", http: { status: 400 } },
          });
        }
      });
    },
    onSubscribe({ args: { contextValue } }) {
      if (contextValue.request?.method === "GET")
        throw new GraphQLError(
          "GET runs queries only. Send a subscription by POST with `Accept: text/event-stream`, or over a WebSocket.",
          { extensions: { code: "BAD_REQUEST", http: { status: 405, headers: { Allow: "POST" } } } },
        );
    },
  };
}
