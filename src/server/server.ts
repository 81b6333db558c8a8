import type { GraphQLSchema } from "graphql";
import type { Logger } from "pino";
import { checkContentType } from "./door.ts";
import { createErrorMask } from "./error-mask.ts";
import { createGraphiql, type GraphiqlTab } from "./graphiql/page.ts";
import { createGraphqlEngine, GRAPHQL_PATH } from "./graphql.ts";
import { answerHealth, createReadinessAnswer, type Readiness } from "./health.ts";
import { createMetricsAnswer, type Scrape } from "./metrics.ts";
import { type Handler, type Route, type Routes, startHttpServer } from "./http-server.ts";
import { type ServerObserver, UNOBSERVED } from "./observer.ts";
import { createRequestScopes } from "./request-scope.ts";
import { refuse } from "./respond.ts";
import { createGraphqlSockets } from "./websocket.ts";

export interface Server {
  /** Where it is, for people and programs on this machine, such as http://127.0.0.1:4000; GraphQL is at /graphql under it. */
  readonly url: string;
  readonly port: number;
  /** Takes nothing new, ends what is under way (see GraphqlSockets and HttpServer) and leaves nothing; two seconds at most. */
  close(): Promise<void>;
}

/**
 * Serves a schema over HTTP, server-sent events and WebSockets on one port, with GraphiQL, /healthz, /readyz and /metrics.
 * `context` makes the context of one operation.
 * @throws ListenError
 */
export async function createServer(options: {
  readonly schema: GraphQLSchema;
  readonly context: () => object;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly log: Logger;
  readonly readiness: () => Promise<Readiness>;
  /** What /metrics says; without it there is none. */
  readonly scrape?: Scrape;
  readonly observer?: ServerObserver;
  /** What GraphiQL opens with. */
  readonly graphiqlTabs: readonly GraphiqlTab[];
}): Promise<Server> {
  const { schema, context, host, log, observer = UNOBSERVED } = options;
  const scopes = createRequestScopes(log, observer);
  const maskError = createErrorMask(scopes);
  const engine = createGraphqlEngine({ schema, context, maskError, scopes });
  const sockets = createGraphqlSockets({ engine, maskError, log, scopes, observer });
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
    ["/healthz", { GET: answerHealth }],
    ["/readyz", { GET: createReadinessAnswer(options.readiness, log) }],
  ]);
  if (options.scrape !== undefined) paths.set("/metrics", { GET: createMetricsAnswer(options.scrape) });
  for (const [path, handler] of graphiql.assets) paths.set(path, { GET: handler });
  const routes: Routes = { paths, upgrades: new Map([[GRAPHQL_PATH, sockets.accept]]) };

  await using starting = new AsyncDisposableStack();
  starting.defer(() => sockets.close());
  const http = await startHttpServer({ host, port: options.port, routes, log, scopes, observer });
  starting.move();
  return {
    url: `http://${reachableName(host)}:${http.port}`,
    port: http.port,
    close: async () => {
      await Promise.all([http.close(), sockets.close()]);
    },
  };
}

/** A name that the server can be reached by on its own machine. */
function reachableName(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}
