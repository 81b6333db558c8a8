import { createSchema } from "graphql-yoga";
import { expect, test } from "vitest";
import { connect, startTestServer } from "./server-fixture.ts";

test("an event whose execution meets a database that is away is told once it is back, whole and in its order", async () => {
  let tries = 0;
  const server = await startTestServer({
    schema: createSchema({
      typeDefs:
        "type Query { hello: String } type Event { number: Int!, read: String! } type Subscription { events: Event! }",
      resolvers: {
        Subscription: {
          events: {
            async *subscribe() {
              for (const number of [1, 2, 3]) yield { events: { number } };
            },
          },
        },
        Event: {
          read: ({ number }: { number: number }) => {
            if (number === 2 && (tries += 1) <= 2) throw new Error("The database went for lunch.");
            return `read ${number}`;
          },
        },
      },
    }),
  });
  const results = await Array.fromAsync(connect(server).iterate({ query: "subscription { events { number read } }" }));
  expect(results).toEqual([1, 2, 3].map((number) => ({ data: { events: { number, read: `read ${number}` } } })));
  expect(tries).toBe(3);
  expect(server.logged).toEqual([]);
});
