import { expect, test } from "vitest";
import { connect, startTestServer } from "./server-fixture.ts";

const SECRET = /secret|SELECT|\/srv|stack|node_modules/;

test.each(["unexpected", "wrapped", "text"])(
  "an unexpected error (%s) is hidden from HTTP clients behind a reference, and logged once under it",
  async (how) => {
    const server = await startTestServer();
    const response = await server.post({ query: "query ($how: String!) { fails(how: $how) }", variables: { how } });
    const text = await response.text();
    expect(text).not.toMatch(SECRET);
    const { errors, data } = JSON.parse(text);
    expect(data).toEqual({ fails: null });
    const { reference } = errors[0].extensions;
    expect(errors).toEqual([
      {
        message: `Something went wrong on the server; its log says what, under the reference ${reference}.`,
        locations: [{ line: 1, column: 25 }],
        path: ["fails"],
        extensions: { code: "INTERNAL_SERVER_ERROR", reference },
      },
    ]);
    expect(server.logged).toHaveLength(1);
    expect(server.logged).toMatchObject([{ level: 50, reference, path: "fails" }]);
    expect(JSON.stringify(server.logged)).toContain("SELECT secret");
  },
);

test("a database that is away is told as that: what to do, a code of its own, and nothing of its address", async () => {
  const server = await startTestServer();
  const response = await server.post({ query: '{ fails(how: "away") }' });
  const { errors } = await response.json();
  expect(errors).toMatchObject([
    { message: expect.stringContaining("Try again in a few seconds"), extensions: { code: "SERVICE_UNAVAILABLE" } },
  ]);
  expect(JSON.stringify(errors)).not.toContain("lunch");
  expect(server.logged).toMatchObject([{ level: 40, path: "fails" }]);
});

test("errors that happen together have references of their own", async () => {
  const server = await startTestServer();
  const response = await server.post({ query: '{ a: fails(how: "x") b: fails(how: "x") }' });
  const references = (await response.json()).errors.map(
    (error: { extensions: { reference: string } }) => error.extensions.reference,
  );
  expect(new Set(references).size).toBe(2);
  expect(server.logged.map(({ reference }) => reference).toSorted()).toEqual(references.toSorted());
});

test("an error on purpose reaches the client as it is, and no log", async () => {
  const server = await startTestServer();
  const { errors } = await (await server.post({ query: '{ fails(how: "on purpose") }' })).json();
  expect(errors).toMatchObject([{ message: "Too many at once.", extensions: { code: "TOO_MANY" } }]);
  expect(server.logged).toEqual([]);
});

test("a context that cannot be made is an error of the server, over HTTP and over a WebSocket", async () => {
  const server = await startTestServer({
    context: () => {
      throw new Error("SELECT secret");
    },
  });
  const response = await server.post({ query: "{ hello }" }, { accept: "application/json" });
  expect(response.status).toBe(500);
  expect(await response.text()).not.toMatch(SECRET);
  const answer = connect(server).iterate({ query: "{ hello }" }).next();
  await expect(answer).rejects.toMatchObject([{ extensions: { code: "INTERNAL_SERVER_ERROR" } }]);
  await expect(answer).rejects.not.toMatchObject([{ message: expect.stringMatching(SECRET) }]);
  expect(server.logged).toHaveLength(2);
});

test("what a scalar says about a variable reaches the client, and is no error of the server", async () => {
  const server = await startTestServer();
  const body = { query: "query ($at: Moment!) { at(moment: $at) }", variables: { at: "yesterday" } };
  const { errors } = await (await server.post(body)).json();
  expect(errors[0].message).toContain("Moment wants an RFC 3339 string.");
  expect(errors[0].extensions.code).toBe("BAD_USER_INPUT");
  expect(server.logged).toEqual([]);
});

test.each([
  ["no value of its type", "query ($input: Wants) { wants(input: $input) }", { input: { number: "x" } }],
  ["none at all", "query ($at: Moment!) { at(moment: $at) }", {}],
])("a variable with %s has a code that says whose mistake it is, on every way", async (_name, query, variables) => {
  const server = await startTestServer();
  const { errors } = await (await server.post({ query, variables })).json();
  expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  const answer = await connect(server).iterate({ query, variables }).next();
  expect(answer.value?.errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  expect(server.logged).toEqual([]);
});

test("a message that echoes megabytes is shortened", async () => {
  const server = await startTestServer();
  const query = "query ($input: Wants) { wants(input: $input) }";
  const response = await server.post({ query, variables: { input: { number: "x".repeat(3_000_000) } } });
  const text = await response.text();
  expect(text.length).toBeLessThan(3_000);
  expect(text).toContain(`Variable \\"$input\\" got invalid value`);
});

test.each([
  ["an error", new Error("SELECT secret FROM table")],
  // Yoga lets this kind through as it is.
  ["an abort", new DOMException("SELECT secret FROM table", "AbortError")],
  ["no error at all", "SELECT secret FROM table"],
])("over a WebSocket, %s that ends a stream is hidden", async (_name, thrown) => {
  const server = await startTestServer();
  const begun = server.ticks.begun();
  const next = connect(server).iterate({ query: "subscription { ticks }" }).next();
  const seen = next.catch((errors: unknown) => JSON.stringify(errors));
  await begun;
  server.ticks.fail(thrown);
  expect(await seen).toContain("INTERNAL_SERVER_ERROR");
  expect(await seen).not.toMatch(SECRET);
  expect(server.logged).toHaveLength(1);
});

test("over a WebSocket, an unexpected error is hidden wherever it happens", async () => {
  const server = await startTestServer();
  const client = connect(server);
  const collect = async (query: string) => {
    const seen: unknown[] = [];
    try {
      for await (const result of client.iterate({ query })) seen.push(result);
    } catch (error) {
      seen.push(error);
    }
    return JSON.stringify(seen);
  };
  for (const seen of [await collect("subscription { broken }"), await collect('{ fails(how: "unexpected") }')]) {
    expect(seen).toContain("INTERNAL_SERVER_ERROR");
    expect(seen).not.toMatch(SECRET);
    expect(seen).not.toContain('"unexpected"');
  }
  expect(server.logged).toHaveLength(2);
});
