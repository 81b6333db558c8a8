import type { GraphQLSchema } from "graphql";
import type { Logger } from "pino";
import type { ClientLimits } from "../config.ts";
import { createClientSlots } from "./client-slots.ts";
import { checkContentType } from "./door.ts";
import { createErrorMask } from "./error-mask.ts";
import { createGraphiql, type GraphiqlTab } from "./graphiql/page.ts";
import { createGraphqlEngine, GRAPHQL_PATH } from "./graphql.ts";
import type { Handler, Route } from "./http-server.ts";
import type { ServerObserver } from "./observer.ts";
import type { RequestScopes } from "./request-scope.ts";
import { refuse } from "./respond.ts";
import { createGraphqlSockets, type GraphqlSockets } from "./websocket.ts";

/** Everything that GraphQL clients, and people in a browser, find. */
export function createGraphqlRoutes(options: {
  readonly schema: GraphQLSchema;
  readonly context: () => object;
  readonly limits: ClientLimits;
  readonly log: Logger;
  readonly scopes: RequestScopes;
  readonly observer: ServerObserver;
  readonly isUnavailable: (error: unknown) => boolean;
  readonly graphiqlTabs: readonly GraphiqlTab[];
}): { readonly paths: ReadonlyMap<string, Route>; readonly sockets: GraphqlSockets } {
  const { schema, context, limits, log, scopes, observer, isUnavailable } = options;
  const maskError = createErrorMask(scopes, isUnavailable);
  const slots = createClientSlots(limits.maxSockets, log);
  const { maxMessageBytes } = limits;
  const engine = createGraphqlEngine({ schema, context, maskError, isUnavailable, maxMessageBytes, slots, scopes });
  const sockets = createGraphqlSockets({ engine, maskError, limits, slots, log, scopes, observer });
  const graphiql = createGraphiql({ tabs: options.graphiqlTabs });
  const redirect: Handler = (_request, response) => {
    response.writeHead(302, { location: GRAPHQL_PATH }).end();
  };
  const read: Handler = async (request, response) => {
    response.setHeader("vary", "accept");
    if (request.headers.accept?.includes("text/html")) return await graphiql.page(request, response);
    response.setHeader("cache-control", "no-store");
    await engine(request, response);
  };
  const write: Handler = async (request, response) => {
    const refusal = checkContentType(request);
    if (refusal !== undefined) return refuse(response, refusal);
    await engine(request, response);
  };
  const paths = new Map<string, Route>([
    ["/", { GET: redirect }],
    [GRAPHQL_PATH, { GET: read, POST: write }],
  ]);
  for (const [path, handler] of graphiql.assets) paths.set(path, { GET: handler });
  return { paths, sockets };
}
