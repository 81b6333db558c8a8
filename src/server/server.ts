import type { GraphQLSchema } from "graphql";
import type { Logger } from "pino";
import { checkContentType } from "./door.ts";
import { createErrorMask } from "./error-mask.ts";
import { createGraphiql, type GraphiqlTab } from "./graphiql/page.ts";
import { createGraphqlEngine, GRAPHQL_PATH } from "./graphql.ts";
import { answerHealth, createReadinessAnswer, type Readiness } from "./health.ts";
import { type Handler, type Route, type Routes, startHttpServer } from "./http-server.ts";
import { refuse } from "./respond.ts";
import { createGraphqlSockets, type GraphqlSockets } from "./websocket.ts";

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
  /** Null serves /healthz and /readyz only. */
  readonly schema: GraphQLSchema | null;
  readonly context: () => object;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly log: Logger;
  readonly readiness: () => Promise<Readiness>;
  /** Whether an error means that the database is away; then clients are told to come again. */
  readonly isUnavailable: (error: unknown) => boolean;
  /** What GraphiQL opens with. */
  readonly graphiqlTabs: readonly GraphiqlTab[];
}): Promise<Server> {
  const { schema, host, log } = options;
  const paths = new Map<string, Route>([
    ["/healthz", { GET: answerHealth }],
    ["/readyz", { GET: createReadinessAnswer(options.readiness, log) }],
  ]);
  const upgrades = new Map<string, GraphqlSockets["accept"]>();
  const routes: Routes = { paths, upgrades };
  await using starting = new AsyncDisposableStack();
  const sockets = schema === null ? null : addGraphql({ ...options, schema, paths, upgrades });
  if (sockets !== null) starting.defer(() => sockets.close());
  const http = await startHttpServer({ host, port: options.port, routes, log });
  starting.move();
  return {
    url: `http://${reachableName(host)}:${http.port}`,
    port: http.port,
    close: async () => {
      await Promise.all([http.close(), sockets?.close()]);
    },
  };
}

/** Everything that GraphQL clients and people in a browser find. */
function addGraphql(options: {
  readonly schema: GraphQLSchema;
  readonly context: () => object;
  readonly log: Logger;
  readonly isUnavailable: (error: unknown) => boolean;
  readonly graphiqlTabs: readonly GraphiqlTab[];
  readonly paths: Map<string, Route>;
  readonly upgrades: Map<string, GraphqlSockets["accept"]>;
}): GraphqlSockets {
  const { log, paths } = options;
  const maskError = createErrorMask(log, options.isUnavailable);
  const engine = createGraphqlEngine({ ...options, maskError });
  const sockets = createGraphqlSockets({ engine, maskError, log });
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
  paths.set("/", { GET: redirect });
  paths.set(GRAPHQL_PATH, { GET: read, POST: write });
  for (const [path, handler] of graphiql.assets) paths.set(path, { GET: handler });
  options.upgrades.set(GRAPHQL_PATH, sockets.accept);
  return sockets;
}

/** A name that the server can be reached by on its own machine. */
function reachableName(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}
