import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { Writable } from "node:stream";
import type { GraphQLSchema } from "graphql";
import { type Client, createClient } from "graphql-ws";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type { ClientLimits } from "../../src/config.ts";
import type { Readiness } from "../../src/server/health.ts";
import type { RequestTimes } from "../../src/server/http-server.ts";
import { createServer, type Server } from "../../src/server/server.ts";
import { createSmallSchema, createTicks, type Ticks } from "./small-schema.ts";

export interface TestServer extends Server {
  readonly ticks: Ticks;
  /** What was logged at `logLevel` (warn) or above, as the objects that the log's lines are. */
  readonly logged: Record<string, unknown>[];
  /** POSTs one operation as JSON. */
  post(body: unknown, headers?: Record<string, string>, signal?: AbortSignal): Promise<Response>;
}

/** A server with the small schema on a free port; it goes with the test. */
export async function startTestServer(
  options: {
    host?: string;
    readiness?: () => Promise<Readiness>;
    context?: () => object;
    /** Instead of the small one. */
    schema?: GraphQLSchema;
    limits?: Partial<ClientLimits>;
    times?: RequestTimes;
    logLevel?: "debug" | "warn";
  } = {},
): Promise<TestServer> {
  const logged: Record<string, unknown>[] = [];
  const sink = new Writable({
    write(line, _encoding, done) {
      logged.push(JSON.parse(String(line)));
      done();
    },
  });
  const ticks = createTicks();
  const server = await createServer({
    schema: options.schema ?? createSmallSchema(ticks),
    context: options.context ?? (() => ({ name: "fresh" })),
    host: options.host ?? "127.0.0.1",
    port: 0,
    limits: options.limits ?? {},
    times: options.times ?? {},
    log: pino({ level: options.logLevel ?? "info" }, sink),
    readiness: options.readiness ?? (async () => ({ ready: true, parts: {} })),
    isUnavailable: (error) => error instanceof Error && error.message === "The database went for lunch.",
    graphiqlTabs: [{ query: "query Hello { hello }" }],
  });
  onTestFinished(() => server.close());
  return {
    url: server.url,
    port: server.port,
    close: server.close,
    ticks,
    logged,
    post: (body, headers = {}, signal) =>
      fetch(`${server.url}/graphql`, {
        method: "POST",
        ...(signal === undefined ? {} : { signal }),
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" || body instanceof Blob ? body : JSON.stringify(body),
      }),
  };
}

/** A graphql-ws client that does not try again; it goes with the test. */
export function connect(server: Server, headers: Record<string, string> = {}): Client {
  class WithHeaders extends WebSocket {
    constructor(url: string, protocols: string) {
      super(url, protocols, { headers });
    }
  }
  const client = createClient({
    url: `${server.url.replace("http", "ws")}/graphql`,
    webSocketImpl: WithHeaders,
    retryAttempts: 0,
  });
  onTestFinished(() => void client.dispose());
  return client;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A request with headers that `fetch` does not let anybody set, such as Host and Origin. */
export function ask(
  server: Server,
  options: { method?: string; path?: string; headers?: Record<string, string>; body?: string },
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const { method = "GET", path = "/graphql?query={hello}", headers = {}, body } = options;
    const request = httpRequest({ host: "127.0.0.1", port: server.port, method, path, headers, agent: false });
    request.on("error", reject);
    // The answer to a request that asked for a WebSocket and got one: it has no end.
    request.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: "" });
    });
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    request.end(body);
  });
}
