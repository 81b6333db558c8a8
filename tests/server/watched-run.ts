import { createServer } from "node:http";
import { GraphQLError, type GraphQLSchema, subscribe } from "graphql";
import { createSchema } from "graphql-yoga";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import type { Progress } from "../../src/pubsub/progress.ts";
import { DEFAULT_CLIENT_LIMITS } from "../../src/config.ts";
import { createClientSlots } from "../../src/server/client-slots.ts";
import { UNOBSERVED } from "../../src/server/observer.ts";
import { createRequestScopes } from "../../src/server/request-scope.ts";
import { createErrorMask, formatError } from "../../src/server/error-mask.ts";
import { createGraphqlEngine, type GraphqlEngine } from "../../src/server/graphql.ts";
import { listen } from "../../src/server/listen.ts";
import { createProtocolOptions } from "../../src/server/websocket.ts";
import type { ProtocolOptions } from "./memory-socket.ts";

/** What the schema's subscription goes through. */
export interface Watched {
  readonly feed: { watch(after: string | null): Promise<AsyncIterable<unknown>> };
  /** What the field `slow` waits for at an event that says so. */
  gate(seq: number): Promise<void>;
  /** Called with each event that is executed. */
  onExecuted(event: unknown): void;
}

type Source = Partial<Progress>;

/** A run's progress, with fields that wait, fail and break where an event's run says so in `phaseDetail`. */
export function createWatchedSchema({ feed, gate, onExecuted }: Watched): GraphQLSchema {
  const isTold = ({ run }: Source, what: string) => run?.phaseDetail === what;
  return createSchema({
    typeDefs: /* GraphQL */ `
      type Query {
        hello: String
      }
      type Subscription {
        progress(after: String): Progress!
      }
      type Progress {
        kind: String
        seq: Int
        draft: String
        slow: String
        fails: String
        breaks: String!
        explodes: String
        echo(text: String): String
      }
    `,
    resolvers: {
      Subscription: {
        progress: {
          subscribe: (_: unknown, { after }: { after?: string | null }) => feed.watch(after ?? null),
          resolve: (event: Source) => {
            onExecuted(event);
            return event;
          },
        },
      },
      Progress: {
        draft: ({ draft }: Source) => draft?.title,
        slow: async (event: Source) => {
          if (isTold(event, "slow")) await gate(event.seq ?? 0);
          return "done";
        },
        fails: (event: Source) => {
          if (isTold(event, "fails")) throw new GraphQLError("It fails.", { extensions: { code: "ON_PURPOSE" } });
          return "fine";
        },
        breaks: (event: Source) => {
          if (isTold(event, "breaks")) throw new GraphQLError("It breaks.", { extensions: { code: "BROKEN" } });
          return "whole";
        },
        explodes: (event: Source) => {
          if (isTold(event, "explodes")) throw new Error("SELECT secret FROM table");
          return "quiet";
        },
        echo: (_: Source, { text }: { text?: string | null }) => text,
      },
    },
  });
}

/** Storymill's own way: its engine, with what it logs as errors. */
export function createEngine(schema: GraphQLSchema) {
  const logged: unknown[] = [];
  const log = pino({ level: "error" }, { write: (line) => void logged.push(JSON.parse(line)) });
  const scopes = createRequestScopes(log, UNOBSERVED);
  const isUnavailable = () => false;
  const maskError = createErrorMask(scopes, isUnavailable);
  const limits = DEFAULT_CLIENT_LIMITS;
  const { maxMessageBytes, maxSockets } = limits;
  const slots = createClientSlots(maxSockets, log);
  const context = () => ({});
  const engine = createGraphqlEngine({ schema, context, maskError, isUnavailable, maxMessageBytes, slots, scopes });
  return { engine, logged, options: createProtocolOptions({ engine, maskError, limits, scopes }) };
}

/** The way that shares nothing: graphql's own `subscribe`, and graphql-ws' serialization. */
export function createUnsharedOptions(schema: GraphQLSchema): ProtocolOptions {
  return {
    schema,
    subscribe,
    onNext: (_context, _id, _payload, _args, { errors, ...result }) =>
      errors === undefined ? result : { ...result, errors: errors.map(formatError) },
    onError: (_context, _id, _payload, errors) => errors.map(formatError),
  };
}

/** Serves the engine on a port of its own, which goes with the test; gives its address. */
export async function listenWith(engine: GraphqlEngine): Promise<string> {
  const server = createServer(engine);
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${await listen(server, "127.0.0.1", 0)}/graphql`;
}

/** The data of a subscription's server-sent events, as soon as there are so many of them. */
export async function readStream(url: string, query: string, count: number): Promise<string[]> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify({ query }),
  });
  if (response.body === null) throw new Error("There is no stream.");
  const reader = response.body.getReader();
  let text = "";
  const events = () => [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => String(data));
  while (events().length < count) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`The stream ended after ${JSON.stringify(text)}.`);
    text += Buffer.from(value).toString();
  }
  await reader.cancel();
  return events();
}
