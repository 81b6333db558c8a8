import type { GraphQLSchema } from "graphql";
import type { Logger } from "pino";
import { type ClientLimits, DEFAULT_CLIENT_LIMITS } from "../config.ts";
import type { GraphiqlTab } from "./graphiql/page.ts";
import { GRAPHQL_PATH } from "./graphql.ts";
import { createGraphqlRoutes } from "./graphql-routes.ts";
import { answerHealth, createReadinessAnswer, type Readiness } from "./health.ts";
import { createMetricsAnswer, type Scrape } from "./metrics.ts";
import { type ServerObserver, UNOBSERVED } from "./observer.ts";
import { createRequestScopes } from "./request-scope.ts";
import { type RequestTimes, type Route, type Routes, startHttpServer } from "./http-server.ts";

/** Connections beside those of WebSockets and streams: requests under way, and clients that wait with the next one. */
const OTHER_CONNECTIONS = 2_000;

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
  /** Null serves /healthz and /readyz only. */
  readonly schema: GraphQLSchema | null;
  readonly context: () => object;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** What they leave out is as it is by default. */
  readonly limits?: Partial<ClientLimits>;
  readonly times?: RequestTimes;
  readonly log: Logger;
  readonly readiness: () => Promise<Readiness>;
  /** Whether an error means that the database is away; then clients are told to come again. */
  readonly isUnavailable: (error: unknown) => boolean;
  /** What /metrics says; without it there is none. */
  readonly scrape?: Scrape;
  readonly observer?: ServerObserver;
  /** What GraphiQL opens with. */
  readonly graphiqlTabs: readonly GraphiqlTab[];
}): Promise<Server> {
  const { schema, host, log, observer = UNOBSERVED } = options;
  const limits = { ...DEFAULT_CLIENT_LIMITS, ...options.limits };
  const scopes = createRequestScopes(log, observer);
  const paths = new Map<string, Route>([
    ["/healthz", { GET: answerHealth }],
    ["/readyz", { GET: createReadinessAnswer(options.readiness, log) }],
  ]);
  if (options.scrape !== undefined) paths.set("/metrics", { GET: createMetricsAnswer(options.scrape) });
  const graphql = schema === null ? null : createGraphqlRoutes({ ...options, schema, limits, scopes, observer });
  for (const [path, route] of graphql?.paths ?? []) paths.set(path, route);
  const routes: Routes = { paths, upgrades: new Map(graphql && [[GRAPHQL_PATH, graphql.sockets.accept]]) };

  await using starting = new AsyncDisposableStack();
  if (graphql !== null) starting.defer(() => graphql.sockets.close());
  const http = await startHttpServer({
    host,
    port: options.port,
    routes,
    maxConnections: limits.maxSockets + OTHER_CONNECTIONS,
    stallTimeoutMs: 2 * limits.pingIntervalMs,
    times: options.times ?? {},
    log,
    scopes,
    observer,
  });
  starting.move();
  return {
    url: `http://${reachableName(host)}:${http.port}`,
    port: http.port,
    close: async () => {
      await Promise.all([http.close(), graphql?.sockets.close()]);
    },
  };
}

/** A name that the server can be reached by on its own machine. */
function reachableName(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}
