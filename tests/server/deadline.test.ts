import { createSchema, createYoga } from "graphql-yoga";
import { expect, test } from "vitest";
import { useDeadline } from "../../src/server/deadline.ts";

function ask(seconds: string, maxTime: number) {
  const yoga = createYoga({
    schema: createSchema({
      typeDefs: "type Query { quick: Int! never: Int! }",
      resolvers: { Query: { quick: () => 1, never: () => new Promise(() => {}) } },
    }),
    logging: false,
    plugins: [useDeadline(maxTime)],
  });
  return yoga.fetch("http://localhost/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ query: `{ ${seconds} }` }),
  });
}

test("an operation that does not come to an end is answered in time, with what to do", async () => {
  const response = await ask("never", 20);
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("5");
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "SERVICE_UNAVAILABLE" } }] });
});

test("one that does is left alone", async () => {
  const response = await ask("quick", 25_000);
  expect(await response.json()).toEqual({ data: { quick: 1 } });
});
