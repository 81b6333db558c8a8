import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { GraphQLError, type ExecutionResult } from "graphql";
import {
  CloseCode,
  type ConnectionInitMessage,
  type Context,
  handleProtocols,
  makeServer,
  type ServerOptions,
} from "graphql-ws";
import { isAsyncIterable } from "graphql-yoga";
import type { Logger } from "pino";
import { WebSocket, WebSocketServer } from "ws";
import type { ClientLimits } from "../config.ts";
import type { ClientSlots } from "./client-slots.ts";
import { formatError, type MaskError } from "./error-mask.ts";
import type { GraphqlEngine } from "./graphql.ts";
import type { Refusal } from "./respond.ts";
import { createSocketLife } from "./socket-life.ts";
import { boundedSend, closeSoon, cutSoon } from "./socket-output.ts";
import type { ServerObserver } from "./observer.ts";
import type { RequestScopes } from "./request-scope.ts";
import { createFrameWriter, formatResult } from "./subscription-frames.ts";

/** How long clients get to say goodbye when the server closes, in milliseconds. */
const GOODBYE_TIME = 1_000;

export interface GraphqlSockets {
  /** Takes over a request that asks to become a WebSocket, and has been let in; or says why not. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): Refusal | undefined;
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
  readonly limits: ClientLimits;
  readonly slots: ClientSlots;
  readonly log: Logger;
  readonly scopes: RequestScopes;
  readonly observer: ServerObserver;
}): GraphqlSockets {
  const { limits, slots, scopes, observer } = options;
  const protocol = makeServer(createProtocolOptions(options));
  const server = new WebSocketServer({ noServer: true, maxPayload: limits.maxMessageBytes, handleProtocols });
  const life = createSocketLife(limits.pingIntervalMs);
  const ended = new Set<Promise<void>>();

  server.on("connection", (socket, request) => {
    const socketId = randomUUID();
    const log = options.log.child({ socketId });
    observer.socketOpened();
    life.watch(socket, request.socket);
    // What a client sends amiss (a frame too large, text that is no UTF-8) comes here; `ws` closes the socket itself.
    socket.on("error", (err) => {
      log.debug({ err }, "A WebSocket broke.");
      cutSoon(socket);
    });
    const send = (message: string) => boundedSend(socket, message);
    const onClosed = protocol.opened(
      {
        protocol: socket.protocol,
        send,
        close: (code, reason) => closeSoon(socket, code, reason),
        onMessage: (handle) =>
          socket.on("message", (data) => {
            // Who has been closed and goes on sending is not listened to.
            if (socket.readyState !== WebSocket.OPEN) return;
            const message = String(data);
            scopes
              .enter({ socketId }, () => handle(message))
              .catch((err: unknown) => {
                log.debug({ err }, "A WebSocket's message could not be handled.");
                if (isFromServers(message)) closeSoon(socket, CloseCode.BadRequest, "Invalid message received");
                else closeSoon(socket, CloseCode.InternalServerError, "Internal server error");
              });
          }),
      },
      { send },
    );
    const end = new Promise<void>((resolve) => {
      socket.once("close", (code, reason) => {
        observer.socketClosed();
        onClosed(code, String(reason))
          .catch((err: unknown) => log.error({ err }, "A subscription could not be ended."))
          .finally(resolve);
      });
    });
    ended.add(end);
    void end.then(() => ended.delete(end));
  });

  return {
    accept(request, socket, head) {
      const free = slots.take();
      if (free === undefined) return slots.refusal;
      socket.once("close", free);
      server.handleUpgrade(request, socket, head, (webSocket) => server.emit("connection", webSocket, request));
    },
    close: async () => {
      life.close();
      for (const socket of server.clients) socket.close(1001, "The server is closing.");
      const goodbye = setTimeout(() => {
        for (const socket of server.clients) socket.terminate();
      }, GOODBYE_TIME);
      await Promise.all(ended);
      clearTimeout(goodbye);
    },
  };
}

/** Whether it is a message that only servers send: graphql-ws throws at these, as it does where we failed. */
function isFromServers(message: string): boolean {
  const { type }: { type?: unknown } = JSON.parse(message);
  return ["connection_ack", "next", "error"].includes(String(type));
}

/** The socket that a subscription is written to, as graphql-ws hands it on. */
interface Extra {
  readonly send: (message: string) => Promise<void>;
}

/** How graphql-ws comes to Yoga's pipeline (its limits, caches and masks), and what of an answer goes over the wire. */
export function createProtocolOptions({
  engine,
  maskError,
  limits: { initTimeoutMs, maxOperations },
  scopes,
}: {
  readonly engine: GraphqlEngine;
  readonly maskError: MaskError;
  readonly limits: ClientLimits;
  readonly scopes: RequestScopes;
}): ServerOptions<ConnectionInitMessage["payload"], Extra> {
  const pipeline = engine.getEnveloped();
  const writeFrames = createFrameWriter();
  const refused = (errors: readonly GraphQLError[]) => {
    scopes.answered({ errors });
    return errors;
  };
  const answer = async (work: () => Promise<ExecutionResult | AsyncIterable<ExecutionResult>>) => {
    let result: ExecutionResult | AsyncIterable<ExecutionResult>;
    try {
      result = await work();
    } catch (error) {
      result = { errors: [maskError(error)] };
    }
    scopes.answered("errors" in result ? result : {});
    return result;
  };
  return {
    connectionInitWaitTimeout: initTimeoutMs,
    onSubscribe: async (context, id, payload) => {
      scopes.nameOperation(id);
      if (countOperations(context) > maxOperations) return refused([tooManyOperations(maxOperations)]);
      try {
        const { parse, validate, contextFactory, schema } = engine.getEnveloped({ params: payload });
        const document = parse(payload.query);
        const errors = validate(schema, document);
        if (errors.length > 0) return refused(errors);
        return {
          schema,
          document,
          operationName: payload.operationName,
          variableValues: payload.variables,
          contextValue: await contextFactory(),
        };
      } catch (error) {
        return refused([maskError(error)]);
      }
    },
    execute: (args) => answer(() => pipeline.execute(args)),
    subscribe: (args) => answer(() => pipeline.subscribe(args)),
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

function tooManyOperations(max: number): GraphQLError {
  return new GraphQLError(
    `This WebSocket has ${max} operations open, which is the most. End some, or open another one.`,
    { extensions: { code: "TOO_MANY_OPERATIONS" } },
  );
}
