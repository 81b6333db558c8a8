import { describe, expect, test } from "vitest";
import { ask, connect, startTestServer } from "./server-fixture.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const FAILS = { query: '{ fails(how: "x") }' };

describe("a request over HTTP", () => {
  test.each(["7", "01JABCDEF-trace.1", "a".repeat(128)])("keeps the id that it brings: %s", async (id) => {
    const server = await startTestServer();
    expect((await server.post(FAILS, { "x-request-id": id })).headers.get("x-request-id")).toBe(id);
    expect(server.logged).toMatchObject([{ requestId: id, level: 50 }]);
  });

  test.each([
    ["none", undefined],
    ["an empty one", ""],
    ["one that is too long", "a".repeat(129)],
    ["words", "a request of mine"],
    ["what would break a line of a log", '"},{"level":60'],
  ])("gets an id of its own for %s", async (_name, id) => {
    const server = await startTestServer();
    const response = await server.post(FAILS, id === undefined ? {} : { "x-request-id": id });
    expect(response.headers.get("x-request-id")).toMatch(UUID);
    expect(server.logged).toMatchObject([{ requestId: response.headers.get("x-request-id") }]);
  });

  test("has it on every answer, refusals too", async () => {
    const server = await startTestServer();
    for (const path of ["/healthz", "/nothing/here", "/graphql"])
      expect((await fetch(`${server.url}${path}`)).headers.get("x-request-id")).toMatch(UUID);
    const foreign = await ask(server, { headers: { host: "elsewhere.example", "x-request-id": "7" } });
    expect([foreign.status, foreign.headers["x-request-id"]]).toEqual([403, "7"]);
  });

  test("is told apart from those that are under way beside it, on the same connection and on others", async () => {
    const server = await startTestServer();
    const ids = Array.from({ length: 20 }, (_, i) => `request-${i}`);
    await Promise.all(
      ids.map(async (id) => {
        const query = `query { fails(how: "${id}") }`;
        const response = await server.post({ query }, { "x-request-id": id });
        const { reference } = (await response.json()).errors[0].extensions;
        expect(server.logged.find((line) => line["reference"] === reference)).toMatchObject({ requestId: id });
      }),
    );
  });
});

test("an operation over a WebSocket has the id of its socket and the one that the client gave it", async () => {
  const server = await startTestServer();
  const [one, other] = [connect(server), connect(server)];
  // Keeps the socket open, which the client would close after an operation.
  const begun = server.ticks.begun();
  const staying = one.iterate({ query: "subscription { ticks }" });
  void staying.next();
  await begun;
  for (const client of [one, one, other]) for await (const _ of client.iterate(FAILS)) break;
  await staying.return?.();
  const [first, second, third] = server.logged;
  expect([first?.["socketId"], third?.["socketId"]]).toEqual([
    expect.stringMatching(UUID),
    expect.stringMatching(UUID),
  ]);
  expect(second?.["socketId"]).toBe(first?.["socketId"]);
  expect(third?.["socketId"]).not.toBe(first?.["socketId"]);
  expect(second?.["operationId"]).not.toBe(first?.["operationId"]);
  expect(first?.["operationId"]).toEqual(expect.stringMatching(/./));
});

test("what a subscription meets later carries the ids of the operation that began it", async () => {
  const server = await startTestServer();
  const client = connect(server);
  const begun = server.ticks.begun();
  const ended = Array.fromAsync(client.iterate({ query: "subscription { ticks }" })).catch(() => {});
  await begun;
  server.ticks.fail(new Error("SELECT secret FROM table"));
  await ended;
  const ids = { socketId: expect.stringMatching(UUID), operationId: expect.any(String) };
  expect(server.logged).toMatchObject([{ level: 50, ...ids }]);
});

describe("at the level debug", () => {
  test("a request over HTTP leaves one line, with what became of it and nothing of what it said", async () => {
    const server = await startTestServer({ logLevel: "debug" });
    const query = `query SecretName { hello(name: "a secret") }`;
    await server.post({ query }, { "x-request-id": "7" }).then((response) => response.text());
    await ask(server, {
      path: `/graphql?query=${encodeURIComponent("{ nothing }")}`,
      headers: { "x-request-id": "8" },
    });
    await expect.poll(() => server.logged).toHaveLength(2);
    const line = { level: 20, msg: "A request was answered.", durationMs: expect.any(Number), path: "/graphql" };
    expect(server.logged).toMatchObject([
      { ...line, requestId: "7", method: "POST", status: 200, operation: "query", outcome: "succeeded" },
      { ...line, requestId: "8", method: "GET", status: 200, operation: "unknown", outcome: "refused" },
    ]);
    expect(JSON.stringify(server.logged)).not.toMatch(/secret|nothing/i);
  });

  test("a request whose client went away before its answer leaves one line, with its id", async () => {
    const server = await startTestServer({ logLevel: "debug" });
    server.ticks.gate = new Promise(() => {});
    const asked = server.ticks.asked();
    const client = new AbortController();
    const body = JSON.stringify({ query: "{ waits }" });
    const headers = { "content-type": "application/json", "x-request-id": "9" };
    const answer = fetch(`${server.url}/graphql`, { method: "POST", headers, body, signal: client.signal });
    await asked;
    client.abort();
    await expect(answer).rejects.toThrow("aborted");
    await expect.poll(() => server.logged).toHaveLength(1);
    expect(server.logged).toMatchObject([{ level: 20, requestId: "9", path: "/graphql", status: 499 }]);
  });

  test("an operation over a WebSocket leaves one line", async () => {
    const server = await startTestServer({ logLevel: "debug" });
    const client = connect(server);
    const query = `query SecretName { hello(name: "a secret") }`;
    for await (const _ of client.iterate({ query })) break;
    const subscription = client.iterate({ query: "subscription { ticks }" });
    const begun = server.ticks.begun();
    const first = subscription.next();
    await begun;
    server.ticks.emit(1);
    await first;
    await subscription.return?.();
    const line = { level: 20, msg: "An operation was answered.", durationMs: expect.any(Number) };
    const ids = { socketId: expect.stringMatching(UUID), operationId: expect.any(String) };
    expect(server.logged).toMatchObject([
      { ...line, ...ids, operation: "query", outcome: "succeeded" },
      { ...line, ...ids, operation: "subscription", outcome: "succeeded" },
    ]);
    expect(JSON.stringify(server.logged)).not.toMatch(/secret/i);
  });
});
