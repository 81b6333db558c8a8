import { AsyncLocalStorage } from "node:async_hooks";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import { createDoor, type Door } from "./door.ts";
import { listen } from "./listen.ts";
import type { ServerObserver } from "./observer.ts";
import { requestIdOf, type RequestScopes } from "./request-scope.ts";
import { type Refusal, refusalBody, refuse } from "./respond.ts";

/** Answers one request, or rejects. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

/** Handlers of one path by method; HEAD goes to GET's. */
export type Route = Readonly<Partial<Record<"GET" | "POST", Handler>>>;

/** What an HTTP server serves. */
export interface Routes {
  readonly paths: ReadonlyMap<string, Route>;
  /** Takes over a request that asks to become a WebSocket and may, or says why not. */
  readonly upgrades: ReadonlyMap<
    string,
    (request: IncomingMessage, socket: Duplex, head: Buffer) => Refusal | undefined
  >;
}

export interface HttpServer {
  readonly port: number;
  /** Takes nothing new, ends streams at once and gives other answers 1.5 s; then nothing is left. */
  close(): Promise<void>;
}

/** How long answers under way get when the server closes, in milliseconds. */
const GRACE_TIME = 1_500;
/** What is told of a request whose client went away before its answer; proxies know it by that number. */
const CLIENT_LEFT = 499;
/** Longer than proxies keep idle connections (60 s, mostly), so that none sends a request into a closing one. */
const KEEP_ALIVE_TIME = 65_000;
/** How long a client may take to send a request, in milliseconds. */
export interface RequestTimes {
  readonly headersMs?: number;
  /** Its headers and its body: by default the largest import over 1 Mbit/s. */
  readonly requestMs?: number;
}

/**
 * Listens on host and port (0 takes a free one), and serves `routes` to whom the door lets in.
 * @throws ListenError
 */
export async function startHttpServer(options: {
  readonly host: string;
  readonly port: number;
  readonly routes: Routes;
  /** Of all kinds; what comes beyond is cut at once. */
  readonly maxConnections: number;
  /** A client that takes nothing of its answer for so long is cut off. */
  readonly stallTimeoutMs: number;
  readonly times: RequestTimes;
  readonly log: Logger;
  readonly scopes: RequestScopes;
  readonly observer: ServerObserver;
}): Promise<HttpServer> {
  const { host, routes, stallTimeoutMs, log, scopes, observer } = options;
  const { headersMs = 10_000, requestMs = 150_000 } = options.times;
  const underWay = new Set<ServerResponse>();
  // Only known once it listens, and nobody comes in before that.
  let door: Door = () => ({ status: 503, code: "NOT_READY", message: "The server is starting." });

  const server = createServer({
    keepAliveTimeout: KEEP_ALIVE_TIME,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: headersMs / 5,
    // Others (Java's client asks for HTTP/2 this way with each request) are answered as if they had not asked.
    shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === "websocket",
  });
  server.maxConnections = options.maxConnections;
  server.timeout = stallTimeoutMs;
  server.on("request", (request, response) => {
    underWay.add(response);
    const requestId = requestIdOf(request);
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("x-request-id", requestId);
    // Heard by nobody, it would cut off who waits for an answer that takes long.
    response.on("timeout", (socket: Socket) => {
      if (socket.writableLength > 0) socket.destroy();
    });
    scopes.enter({ requestId }, () => {
      const began = performance.now();
      // Bound: the event comes from the connection, which may have had other requests.
      const onClose = AsyncLocalStorage.bind(() => tellOf(request, response, performance.now() - began));
      response.once("close", () => {
        underWay.delete(response);
        onClose();
      });
      void answer(door, routes, request, response)
        .catch((err: unknown) => {
          scopes.log.error({ err }, "A request failed unexpectedly.");
          if (response.headersSent) return response.destroy();
          const message = "Something went wrong on the server.";
          refuse(response, { status: 500, code: "INTERNAL_SERVER_ERROR", message });
        })
        // Yoga stops the clock of a connection that it begins to stream on.
        .finally(() => {
          if (!response.writableEnded) request.socket.setTimeout(stallTimeoutMs);
        });
    });
  });
  server.on("upgrade", (request, socket, head) => {
    const accept = routes.upgrades.get(pathOf(request));
    const refusal = door(request) ?? (accept === undefined ? notFound(request) : accept(request, socket, head));
    if (refusal !== undefined) refuseUpgrade(socket, refusal);
  });

  /** At its end, however it ended. What the client asked for may be anything: only a path of ours is a label. */
  function tellOf(request: IncomingMessage, response: ServerResponse, durationMs: number): void {
    const path = pathOf(request);
    const status = response.headersSent ? response.statusCode : CLIENT_LEFT;
    observer.requestAnswered(routes.paths.has(path) ? path : "other", status);
    if (!log.isLevelEnabled("debug")) return;
    const about = { method: request.method, path: path.slice(0, 200), status, durationMs: Math.round(durationMs) };
    scopes.log.debug({ ...about, ...scopes.operation() }, "A request was answered.");
  }

  const port = await listen(server, host, options.port);
  door = createDoor(host, port);
  return {
    port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const response of underWay) {
        // Not completed but cut: a client that lost its stream comes back and goes on where it was.
        if (String(response.getHeader("content-type")).startsWith("text/event-stream")) response.destroy();
        else if (!response.headersSent) response.setHeader("connection", "close");
      }
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), GRACE_TIME);
      await closed;
      clearTimeout(cut);
    },
  };
}

async function answer(door: Door, routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const refusal = door(request);
  if (refusal !== undefined) return refuse(response, refusal);
  const route = routes.paths.get(pathOf(request));
  if (route === undefined) return refuse(response, notFound(request));
  const method = request.method === "HEAD" ? "GET" : request.method;
  const handler = method === "GET" || method === "POST" ? route[method] : undefined;
  if (handler === undefined) return refuse(response, notAllowed(request, route));
  await handler(request, response);
}

/** The path as it was sent. Not parsed as a URL: `//name/graphql` would be one of another host. */
function pathOf({ url = "" }: IncomingMessage): string {
  return url.split("?", 1)[0] ?? "";
}

function notFound(request: IncomingMessage): Refusal {
  return {
    status: 404,
    code: "NOT_FOUND",
    message: `There is nothing at ${JSON.stringify(pathOf(request).slice(0, 200))}. GraphQL is at /graphql.`,
  };
}

function notAllowed(request: IncomingMessage, route: Route): Refusal {
  const allow = Object.keys(route).join(", ");
  return {
    status: 405,
    code: "METHOD_NOT_ALLOWED",
    message: `${request.method} is not possible here. Use ${allow}.`,
    headers: { allow },
  };
}

/** There is no response object for a request that asked to become something else: written out, then closed. */
function refuseUpgrade(socket: Duplex, refusal: Refusal): void {
  const body = JSON.stringify(refusalBody(refusal));
  const headers = Object.entries(refusal.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.on("error", () => socket.destroy());
  // A client that keeps its end open would keep ours.
  socket.once("finish", () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${refusal.status} Refused\r\nContent-Type: application/json; charset=utf-8\r\n${headers.join("")}` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
