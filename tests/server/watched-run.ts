import { createServer } from "node:http";
import { GraphQLError, type GraphQLSchema, subscribe } from "graphql";
import { makeServer } from "graphql-ws";
import { createSchema } from "graphql-yoga";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { type Progress, progressOf, snapshot } from "../../src/pubsub/progress.ts";
import { createRunChannel } from "../../src/pubsub/run-channel.ts";
import { hasEnded, type RunEvent } from "../../src/pubsub/run-events.ts";
import { createSubscriber, type Subscriber } from "../../src/pubsub/subscriber.ts";
import { DEFAULT_CLIENT_LIMITS } from "../../src/config.ts";
import { createClientSlots } from "../../src/server/client-slots.ts";
import { UNOBSERVED } from "../../src/server/observer.ts";
import { createRequestScopes } from "../../src/server/request-scope.ts";
import { createErrorMask, formatError } from "../../src/server/error-mask.ts";
import { createGraphqlEngine, type GraphqlEngine } from "../../src/server/graphql.ts";
import { listen } from "../../src/server/listen.ts";
import { createProtocolOptions } from "../../src/server/websocket.ts";
import { itemRow } from "../support/run-rows.ts";

type ProtocolOptions = ReturnType<typeof createProtocolOptions>;

/** Small enough that a client that reads nothing for a while is too slow. */
const BUFFER = 6;
const PAGE = 3;

/** A run's events in memory, behind the channel and the buffers that the feed has; `after` is a seq. */
export interface MemoryFeed {
  watch(after: string | null): Promise<AsyncIterableIterator<Progress>>;
  append(event: RunEvent): void;
  draft(title: string): void;
  /** The run is deleted. */
  remove(): void;
  readonly watchers: number;
}

export function createMemoryFeed(first: RunEvent): MemoryFeed {
  const events = [first];
  let removed = false;
  const open = new Set<Subscriber<Progress>>();
  const gone = () => new GraphQLError("There is no run.", { extensions: { code: "NOT_FOUND" } });
  const readAfter = (seq: number) => events.filter((event) => event.seq > seq).slice(0, PAGE);
  const channel = createRunChannel({
    read: async (seq) => {
      // As a database would: meanwhile everybody takes what came before.
      await turn();
      return removed ? null : readAfter(seq);
    },
    pageSize: PAGE,
    gone,
    onReadError: (error) => {
      throw error;
    },
  });

  async function catchUp(subscriber: Subscriber<Progress>, seq: number): Promise<void> {
    let last = events.find((event) => event.seq === seq) ?? first;
    let place = seq;
    while (!subscriber.closed) {
      const next = readAfter(place);
      for (const event of next) {
        subscriber.push(progressOf(event));
        last = event;
        place = event.seq;
      }
      if (hasEnded(last.run) && place === last.seq) return subscriber.end();
      if (next.length === 0 && channel.join(subscriber, place, last.run)) return;
      await subscriber.drained();
    }
  }

  return {
    get watchers() {
      return open.size;
    },
    async watch(after) {
      const head = events.at(-1) ?? first;
      if (removed) throw gone();
      const seq = after === null ? head.seq : Number(after);
      if (!(seq <= head.seq)) throw new GraphQLError("No cursor.", { extensions: { code: "BAD_CURSOR" } });
      const subscriber = createSubscriber<Progress>(BUFFER, () => {
        channel.leave(subscriber);
        open.delete(subscriber);
      });
      open.add(subscriber);
      if (after === null) subscriber.push(snapshot(head.run, new Date()));
      void catchUp(subscriber, seq);
      return subscriber;
    },
    append(event) {
      events.push(event);
      channel.wake();
    },
    draft(title) {
      const { seq } = events.at(-1) ?? first;
      const draft = { index: 0, title, description: "", effort: null };
      channel.draft({ runId: first.run.id, item: itemRow(), seq, draft });
    },
    remove() {
      removed = true;
      channel.wake();
    },
  };
}

/** What the schema's subscription goes through. */
export interface Watched {
  readonly feed: { watch(after: string | null): Promise<AsyncIterable<unknown>> };
  /** What the field `slow` waits for at events that say so. */
  gate(): Promise<void>;
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
          if (isTold(event, "slow")) await gate();
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

/** A WebSocket without a network: what it is sent is kept, and taken only while it is not stalled. */
export interface MemorySocket {
  readonly sent: readonly string[];
  receive(message: object): void;
  stall(): void;
  resume(): void;
  /** It breaks, without a word to the server. */
  cut(): void;
}

export async function openSocket(options: ProtocolOptions): Promise<MemorySocket> {
  const sent: string[] = [];
  let taken = Promise.resolve();
  let resume = () => {};
  let open = true;
  let handle = async (_message: string) => {};
  const send = async (message: string) => {
    if (!open) return;
    sent.push(message);
    await taken;
  };
  const closed = makeServer(options).opened(
    {
      protocol: "graphql-transport-ws",
      send,
      close: (code) => void sent.push(`closed with ${code}`),
      onMessage: (onMessage) => (handle = onMessage),
    },
    { send },
  );
  const socket: MemorySocket = {
    sent,
    receive: (message) => void handle(JSON.stringify(message)),
    stall() {
      ({ promise: taken, resolve: resume } = Promise.withResolvers<void>());
    },
    resume: () => resume(),
    cut() {
      open = false;
      resume();
      void closed(1006, "");
    },
  };
  socket.receive({ type: "connection_init" });
  await settled();
  return socket;
}

/** Resolves when all that can happen without anybody doing something has happened. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await turn();
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
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
