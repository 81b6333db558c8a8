import type { GraphQLSchema } from "graphql";
import type { Logger } from "pino";
import { type ClientLimits, DEFAULT_CLIENT_LIMITS } from "../config.ts";
import { createClientSlots } from "./client-slots.ts";
import { checkContentType } from "./door.ts";
import { createErrorMask } from "./error-mask.ts";
import { createGraphiql, type GraphiqlTab } from "./graphiql/page.ts";
import { createGraphqlEngine, GRAPHQL_PATH } from "./graphql.ts";
import { answerHealth, createReadinessAnswer, type Readiness } from "./health.ts";
import { type Handler, type RequestTimes, type Route, type Routes, startHttpServer } from "./http-server.ts";
import { refuse } from "./respond.ts";
import { createGraphqlSockets } from "./websocket.ts";

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
 * Serves a schema over HTTP, server-sent events and WebSockets on one port, with GraphiQL, /healthz and /readyz.
 * `context` makes the context of one operation.
 * @throws ListenError
 */
export async function createServer(options: {
  readonly schema: GraphQLSchema;
  readonly context: () => object;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** What they leave out is as it is by default. */
  readonly limits?: Partial<ClientLimits>;
  readonly times?: RequestTimes;
  readonly log: Logger;
  readonly readiness: () => Promise<Readiness>;
  /** What GraphiQL opens with. */
  readonly graphiqlTabs: readonly GraphiqlTab[];
}): Promise<Server> {
  const { schema, context, host, log } = options;
  const maskError = createErrorMask(log);
  const limits = { ...DEFAULT_CLIENT_LIMITS, ...options.limits };
  const { maxSockets, maxMessageBytes, pingIntervalMs } = limits;
  const slots = createClientSlots(maxSockets, log);
  const engine = createGraphqlEngine({ schema, context, maskError, maxMessageBytes, slots, log });
  const sockets = createGraphqlSockets({ engine, maskError, limits, slots, log });
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
  for (const [path, handler] of graphiql.assets) paths.set(path, { GET: handler });
  const routes: Routes = { paths, upgrades: new Map([[GRAPHQL_PATH, sockets.accept]]) };

  await using starting = new AsyncDisposableStack();
  starting.defer(() => sockets.close());
  const http = await startHttpServer({
    host,
    port: options.port,
    routes,
    maxConnections: maxSockets + OTHER_CONNECTIONS,
    stallTimeoutMs: 2 * pingIntervalMs,
    times: options.times ?? {},
    log,
  });
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
