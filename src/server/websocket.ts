import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { GraphQLError } from "graphql";
import { type ConnectionInitMessage, type Context, handleProtocols, makeServer, type ServerOptions } from "graphql-ws";
import { isAsyncIterable } from "graphql-yoga";
import type { Logger } from "pino";
import { WebSocket, WebSocketServer } from "ws";
import { formatError, type MaskError } from "./error-mask.ts";
import type { GraphqlEngine } from "./graphql.ts";
import { MAX_REQUEST_SIZE } from "./json-body.ts";
import { createFrameWriter, formatResult } from "./subscription-frames.ts";

/** How long a client may take to introduce itself, in milliseconds. */
const INIT_TIME = 5_000;
/** Every client is pinged this often, in milliseconds; one that has not answered by the next ping is gone. */
const PING_INTERVAL = 12_000;
/** How long clients get to say goodbye when the server closes, in milliseconds. */
const GOODBYE_TIME = 1_000;
/** Operations that one socket may have open at once. */
const MAX_OPERATIONS = 2_000;

export interface GraphqlSockets {
  /** Takes over a request that asks to become a WebSocket, and has been let in. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /**
   * Ends all subscriptions without completing them (a client that comes again may go on), closes the sockets with 1001,
   * and waits until all are gone: a second, where clients do not answer.
   */
  close(): Promise<void>;
}

/**
 * GraphQL over WebSockets, protocol graphql-transport-ws, through the same pipeline as HTTP. graphql-ws' own adapter for
 * `ws` is not used: it writes what clients do wrong to the console, and tells them the text of any error.
 */
export function createGraphqlSockets(options: {
  readonly engine: GraphqlEngine;
  readonly maskError: MaskError;
  readonly log: Logger;
}): GraphqlSockets {
  const { log } = options;
  const protocol = makeServer(createProtocolOptions(options));
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_REQUEST_SIZE, handleProtocols });
  const ended = new Set<Promise<void>>();
  const answering = new WeakSet<WebSocket>();

  server.on("connection", (socket) => {
    answering.add(socket);
    socket.on("pong", () => answering.add(socket));
    // What a client sends amiss (a frame too large, text that is no UTF-8) comes here; `ws` closes the socket itself.
    socket.on("error", (err) => log.debug({ err }, "A WebSocket broke."));
    // Waits until the system has taken the message: who reads slowly is not sent more than that.
    const sendHere = (message: string) => send(socket, message);
    const onClosed = protocol.opened(
      {
        protocol: socket.protocol,
        send: sendHere,
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) =>
          socket.on("message", (data) => {
            handle(String(data)).catch((err: unknown) => {
              log.debug({ err }, "A WebSocket's message could not be handled.");
              socket.close(4500, "Internal server error");
            });
          }),
      },
      { send: sendHere },
    );
    const end = new Promise<void>((resolve) => {
      socket.once("close", (code, reason) => {
        onClosed(code, String(reason))
          .catch((err: unknown) => log.error({ err }, "A subscription could not be ended."))
          .finally(resolve);
      });
    });
    ended.add(end);
    void end.then(() => ended.delete(end));
  });

  const pings = setInterval(() => {
    for (const socket of server.clients) {
      if (answering.delete(socket)) socket.ping();
      else socket.terminate();
    }
  }, PING_INTERVAL);

  return {
    accept: (request, socket, head) =>
      server.handleUpgrade(request, socket, head, (webSocket) => server.emit("connection", webSocket, request)),
    close: async () => {
      clearInterval(pings);
      for (const socket of server.clients) socket.close(1001, "The server is closing.");
      const goodbye = setTimeout(() => {
        for (const socket of server.clients) socket.terminate();
      }, GOODBYE_TIME);
      await Promise.all(ended);
      clearTimeout(goodbye);
    },
  };
}

function send(socket: WebSocket, message: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== WebSocket.OPEN) return resolve();
    socket.send(message, (error) => (error ? reject(error) : resolve()));
  });
}

/** The socket that a subscription is written to, as graphql-ws hands it on. */
interface Extra {
  readonly send: (message: string) => Promise<void>;
}

/** How graphql-ws comes to Yoga's pipeline (its limits, caches and masks), and what of an answer goes over the wire. */
export function createProtocolOptions({
  engine,
  maskError,
}: {
  readonly engine: GraphqlEngine;
  readonly maskError: MaskError;
}): ServerOptions<ConnectionInitMessage["payload"], Extra> {
  const pipeline = engine.getEnveloped();
  const writeFrames = createFrameWriter();
  return {
    connectionInitWaitTimeout: INIT_TIME,
    onSubscribe: async (context, _id, payload) => {
      if (countOperations(context) > MAX_OPERATIONS) return [tooManyOperations()];
      try {
        const { parse, validate, contextFactory, schema } = engine.getEnveloped({ params: payload });
        const document = parse(payload.query);
        const errors = validate(schema, document);
        if (errors.length > 0) return errors;
        return {
          schema,
          document,
          operationName: payload.operationName,
          variableValues: payload.variables,
          contextValue: await contextFactory(),
        };
      } catch (error) {
        return [maskError(error)];
      }
    },
    execute: async (args) => {
      try {
        return await pipeline.execute(args);
      } catch (error) {
        return { errors: [maskError(error)] };
      }
    },
    subscribe: async (args) => {
      try {
        return await pipeline.subscribe(args);
      } catch (error) {
        return { errors: [maskError(error)] };
      }
    },
    onOperation: ({ extra }, id, _payload, _args, result) => {
      if (isAsyncIterable(result)) return writeFrames(result, id, extra.send);
    },
    onNext: (_context, _id, _payload, _args, result) => formatResult(result),
    // Also for what an iterator threw on its way here: graphql-ws wraps that, text and all.
    onError: (_context, _id, _payload, errors) => errors.map((error) => formatError(maskError(error))),
  };
}

/** Those under way, and the one that is about to begin. */
function countOperations(context: Context<ConnectionInitMessage["payload"], Extra>): number {
  return Object.keys(context.subscriptions).length;
}

function tooManyOperations(): GraphQLError {
  return new GraphQLError(
    `This WebSocket has ${MAX_OPERATIONS} operations open, which is the most. End some, or open another one.`,
    { extensions: { code: "TOO_MANY_OPERATIONS" } },
  );
}
