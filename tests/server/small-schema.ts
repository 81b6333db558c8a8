import { GraphQLError, type GraphQLSchema } from "graphql";
import { createSchema } from "graphql-yoga";

/** What the small schema's subscription `ticks` goes through, for a test to steer and to watch. */
export interface Ticks {
  /** Subscriptions that have begun and not been ended. */
  open: number;
  /** What a subscription waits for before it begins, and the query `waits` before it answers. */
  gate: Promise<void>;
  /** Resolves when another one comes to the gate. */
  asked(): Promise<void>;
  /** Resolves when another one begins. */
  begun(): Promise<void>;
  /** Resolves when one ends. */
  ended(): Promise<void>;
  /** Resolves when nothing is open. */
  drained(): Promise<void>;
  /** Gives one value to every open subscription. */
  emit(value: number): void;
  /** Makes every open subscription throw. */
  fail(error: unknown): void;
}

export interface SteeredTicks extends Ticks {
  pass(): Promise<void>;
  subscribe(): Promise<AsyncIterableIterator<number>>;
}

/** Steers `ticks`. Its iterators wait for ever unless told something, and only `return()` ends them, as the feed's do. */
export function createTicks(): SteeredTicks {
  const subscribers = new Set<{ emit(value: number): void; fail(error: unknown): void }>();
  const events = new EventTarget();
  const once = (name: string) =>
    new Promise<void>((resolve) => events.addEventListener(name, () => resolve(), { once: true }));
  return {
    get open() {
      return subscribers.size;
    },
    gate: Promise.resolve(),
    asked: () => once("asked"),
    begun: () => once("begun"),
    ended: () => once("ended"),
    drained: () => (subscribers.size === 0 ? Promise.resolve() : once("drained")),
    emit: (value) => subscribers.forEach((subscriber) => subscriber.emit(value)),
    fail: (error) => subscribers.forEach((subscriber) => subscriber.fail(error)),
    async pass() {
      events.dispatchEvent(new Event("asked"));
      await this.gate;
    },
    async subscribe() {
      await this.pass();
      const values: number[] = [];
      let failure: { error: unknown } | undefined;
      let ended = false;
      let wake = () => {};
      const subscriber = {
        emit: (value: number) => {
          values.push(value);
          wake();
        },
        fail: (error: unknown) => {
          failure = { error };
          wake();
        },
      };
      const end = () => {
        ended = true;
        wake();
        if (!subscribers.delete(subscriber)) return;
        events.dispatchEvent(new Event("ended"));
        if (subscribers.size === 0) events.dispatchEvent(new Event("drained"));
      };
      subscribers.add(subscriber);
      queueMicrotask(() => events.dispatchEvent(new Event("begun")));
      const iterator: AsyncIterableIterator<number> = {
        [Symbol.asyncIterator]() {
          return this;
        },
        async next() {
          while (values.length === 0 && failure === undefined && !ended)
            await new Promise<void>((resolve) => (wake = resolve));
          const value = values.shift();
          if (value !== undefined) return { done: false, value };
          if (failure === undefined || ended) return { done: true, value: undefined };
          const { error } = failure;
          end();
          throw error;
        },
        async return() {
          end();
          return { done: true, value: undefined };
        },
      };
      return iterator;
    },
  };
}

/** A schema with one of each kind of operation and errors of every kind. `context` holds what `createServer` was given. */
export function createSmallSchema(ticks: SteeredTicks): GraphQLSchema {
  const written: string[] = [];
  return createSchema({
    typeDefs: /* GraphQL */ `
      scalar Moment
      type Query {
        hello(name: String): String!
        written: [String!]!
        at(moment: Moment!): String!
        length(text: String!): Int!
        wants(input: Wants): String
        fails(how: String!): String
        contextName: String!
        self: Query!
        waits: String!
      }
      input Wants {
        number: Int!
      }
      type Mutation {
        write(text: String!): String!
      }
      type Subscription {
        ticks: Int!
        noise(bytes: Int!): String!
        refused: Int!
        broken: Int!
      }
    `,
    resolvers: {
      Query: {
        hello: (_, { name }: { name?: string }) => `Hello ${name ?? "you"}`,
        written: () => written,
        at: (_, { moment }: { moment: Date }) => moment.toISOString(),
        length: (_, { text }: { text: string }) => text.length,
        wants: () => "fine",
        fails: (_, { how }: { how: string }) => fail(how),
        contextName: (_, __, context: { name?: string }) => context.name ?? "none",
        self: () => ({}),
        waits: async () => {
          await ticks.pass();
          return "done";
        },
      },
      Mutation: {
        write: (_, { text }: { text: string }) => {
          written.push(text);
          return text;
        },
      },
      Subscription: {
        ticks: { subscribe: () => ticks.subscribe(), resolve: (value: number) => value },
        noise: {
          subscribe: () => ticks.subscribe(),
          resolve: (_: number, { bytes }: { bytes: number }) => "x".repeat(bytes),
        },
        refused: {
          subscribe: () => {
            throw new GraphQLError("There is no such run.", { extensions: { code: "NOT_FOUND" } });
          },
        },
        broken: {
          subscribe: () => {
            throw new Error("SELECT secret FROM table");
          },
        },
      },
      Moment: {
        __serialize: String,
        __parseValue: (value: unknown) => {
          const date = new Date(String(value));
          if (Number.isNaN(date.getTime())) throw new TypeError("Moment wants an RFC 3339 string.");
          return date;
        },
      },
    },
  });
}

function fail(how: string): never {
  switch (how) {
    case "on purpose":
      throw new GraphQLError("Too many at once.", { extensions: { code: "TOO_MANY" } });
    case "wrapped":
      throw new GraphQLError("SELECT secret FROM table", { originalError: new Error("SELECT secret FROM table") });
    case "away":
      throw new Error("The database went for lunch.");
    case "text":
      throw "SELECT secret FROM table";
    default:
      throw new Error("SELECT secret FROM table, in /srv/app/secret.ts");
  }
}
