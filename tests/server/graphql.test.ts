import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { describe, expect, test } from "vitest";
import { ask, startTestServer } from "./server-fixture.ts";

describe("GET", () => {
  test("runs queries, and its answers are not stored", async () => {
    const server = await startTestServer();
    const response = await fetch(
      `${server.url}/graphql?query=${encodeURIComponent("query ($n: String) { hello(name: $n) }")}&variables={"n":"Ann"}`,
    );
    expect(await response.json()).toEqual({ data: { hello: "Hello Ann" } });
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("runs no mutation", async () => {
    const server = await startTestServer();
    const answer = await ask(server, { path: "/graphql?query=mutation%7Bwrite(text:%22x%22)%7D" });
    expect(answer.status).toBe(405);
    expect(await (await server.post({ query: "{ written }" })).json()).toEqual({ data: { written: [] } });
  });

  test("runs no subscription, not as a stream either", async () => {
    const server = await startTestServer();
    const answer = await ask(server, {
      path: "/graphql?query=subscription%7Bticks%7D",
      headers: { accept: "text/event-stream" },
    });
    expect(answer.status).toBe(405);
    expect(answer.body).toContain("GET runs queries only");
    expect(server.ticks.open).toBe(0);
  });

  test("says what is wrong with variables that are no JSON", async () => {
    const server = await startTestServer();
    const answer = await ask(server, { path: "/graphql?query=%7Bhello%7D&variables=%7Bx" });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body).errors[0].message).toContain("have to be JSON");
  });
});

describe("a request that is not right is answered with what is wrong", () => {
  test.each([
    ["no JSON", "{query:", 400, "has to be JSON"],
    ["no object", '"{ hello }"', 400, "has to be a JSON object"],
    ["null", "null", 400, "has to be a JSON object"],
    ["nothing", "", 400, "has to be JSON"],
    ["no query", "{}", 400, 'has to have a \\"query\\"'],
    ["null for a query", '{"query":null}', 400, 'has to have a \\"query\\"'],
    ["broken characters", new Blob(['{"query":"', new Uint8Array([0xff]), '"}']), 400, "has to be JSON in UTF-8"],
    ["a batch", '[{"query":"{ hello }"}]', 400, "Batching is not supported."],
    ["no GraphQL", '{"query":"{ hello"}', 200, "Syntax Error"],
    ["an unknown field", '{"query":"{ helo }"}', 200, 'Did you mean \\"hello\\"'],
    ["an unknown operation", '{"query":"query A { hello }","operationName":"B"}', 200, "operation"],
    ["no name where there are two operations", '{"query":"query A { hello } query B { hello }"}', 200, "operation"],
    ["a variable that is missing", '{"query":"query ($n: Int!) { wants(input: { number: $n }) }"}', 200, "$n"],
    [
      "a variable of the wrong type",
      '{"query":"query ($n: Int!) { wants(input: { number: $n }) }","variables":{"n":"x"}}',
      200,
      "$n",
    ],
    ["variables of another kind", '{"query":"{ hello }","variables":"x"}', 400, "variables"],
  ])("%s", async (_name, body, status, message) => {
    const server = await startTestServer();
    const response = await server.post(body, { accept: "application/json" });
    const text = await response.text();
    expect(text).toContain(message);
    expect(response.status).toBe(status);
    expect(text).not.toMatch(/node_modules|\.ts:|at \w+ \(/);
    expect(server.logged).toEqual([]);
  });

  test.each([
    ["no query", {}],
    ["no GraphQL", { query: "{ hello" }],
    ["an unknown field", { query: "{ helo }" }],
    ["an unknown operation", { query: "query A { hello }", operationName: "B" }],
    ["a variable that is missing", { query: "query ($n: Int!) { wants(input: { number: $n }) }" }],
  ])("%s: with the status 400, where the client takes GraphQL's own type", async (_name, body) => {
    const server = await startTestServer();
    const response = await server.post(body, { accept: "application/graphql-response+json" });
    expect(response.status).toBe(400);
  });

  test("by GET too", async () => {
    const server = await startTestServer();
    const headers = { accept: "application/json" };
    expect(await ask(server, { path: "/graphql", headers })).toMatchObject({ status: 400 });
    const unknown = "/graphql?query=query%20A%7Bhello%7D&operationName=B";
    expect(await ask(server, { path: unknown, headers })).toMatchObject({ status: 200 });
  });
});

describe("large requests", () => {
  test("an import that is far too long for the domain still reaches the domain", async () => {
    const server = await startTestServer();
    const query = "query ($text: String!) { length(text: $text) }";
    const plain = await server.post({ query, variables: { text: "x".repeat(5_000_000) } });
    expect(await plain.json()).toEqual({ data: { length: 5_000_000 } });
    const escaped = await server.post(
      `{"query":${JSON.stringify(query)},"variables":{"text":"${"\\u00e9".repeat(2_000_000)}"}}`,
    );
    expect(await escaped.json()).toEqual({ data: { length: 2_000_000 } });
  });

  test("a text within the operation may be as long", async () => {
    const server = await startTestServer();
    const response = await server.post({ query: `{ length(text: "${"x".repeat(2_000_000)}") }` });
    expect(await response.json()).toEqual({ data: { length: 2_000_000 } });
  });

  test("past 16 MiB is 413, with and without its length being told", async () => {
    const server = await startTestServer();
    const body = JSON.stringify({ query: "{ hello }", variables: { text: "x".repeat(17_000_000) } });
    const told = await server.post(body);
    expect(told.status).toBe(413);
    expect((await told.json()).errors[0].message).toContain("larger than 16 MiB");
    const answer = await ask(server, {
      method: "POST",
      path: "/graphql",
      headers: { "content-type": "application/json", "transfer-encoding": "chunked" },
      body,
    });
    expect(answer.status).toBe(413);
    expect(server.logged).toEqual([]);
  });
});

test("a client that breaks off in mid-request is no error of the server", async () => {
  const server = await startTestServer();
  const socket = connectTcp(server.port, "127.0.0.1");
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: localhost:${server.port}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"query":`,
  );
  // The socket is closed from the other side once the server has nothing under way there any more.
  socket.end();
  await once(socket.resume(), "close");
  expect((await server.post({ query: "{ hello }" })).status).toBe(200);
  expect(server.logged).toEqual([]);
});

test("every operation has a context of its own", async () => {
  let made = 0;
  const server = await startTestServer({ context: () => ({ name: `context ${++made}` }) });
  const read = async () => (await server.post({ query: "{ contextName }" })).json();
  expect(await read()).toEqual({ data: { contextName: "context 1" } });
  expect(await read()).toEqual({ data: { contextName: "context 2" } });
});

test("a request that asks for HTTP/2 by the way, as Java's client does, is answered", async () => {
  const server = await startTestServer();
  const answer = await ask(server, {
    method: "POST",
    path: "/graphql",
    headers: {
      connection: "Upgrade, HTTP2-Settings",
      upgrade: "h2c",
      "http2-settings": "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
      "content-type": "application/json",
    },
    body: '{"query":"{ hello }"}',
  });
  expect(JSON.parse(answer.body)).toEqual({ data: { hello: "Hello you" } });
});

describe("other paths", () => {
  test("what is not there is 404, as JSON", async () => {
    const server = await startTestServer();
    for (const path of [
      "/nothing",
      "/graphql/x",
      "//evil.example/graphql",
      "/graphiql/../package.json",
      "/metrics%00",
    ]) {
      const answer = await ask(server, { path });
      expect(answer.status, path).toBe(404);
      expect(JSON.parse(answer.body).errors[0].extensions.code).toBe("NOT_FOUND");
    }
  });

  test("what cannot be done with a path is 405 and says what can", async () => {
    const server = await startTestServer();
    const answer = await ask(server, { method: "DELETE", path: "/healthz" });
    expect(answer).toMatchObject({ status: 405, headers: { allow: "GET" } });
  });

  test("the front page leads to GraphiQL", async () => {
    const server = await startTestServer();
    expect(await ask(server, { path: "/" })).toMatchObject({ status: 302, headers: { location: "/graphql" } });
  });
});

describe("health", () => {
  test("/healthz says that the process is alive", async () => {
    const server = await startTestServer({ readiness: async () => ({ ready: false, parts: {} }) });
    const response = await fetch(`${server.url}/healthz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: "ok" });
    expect((await fetch(`${server.url}/healthz`, { method: "HEAD" })).status).toBe(200);
  });

  test("/readyz tells of every part, with 200 where all are ready and 503 where not", async () => {
    let ready = true;
    const server = await startTestServer({
      readiness: async () => ({ ready, parts: { database: ready ? "ok" : "unreachable", queue: "ok" } }),
    });
    const up = await fetch(`${server.url}/readyz`);
    expect(up.status).toBe(200);
    expect(await up.json()).toEqual({ status: "ready", parts: { database: "ok", queue: "ok" } });
    ready = false;
    const down = await fetch(`${server.url}/readyz`);
    expect(down.status).toBe(503);
    expect(await down.json()).toEqual({ status: "not ready", parts: { database: "unreachable", queue: "ok" } });
  });

  test("/readyz is 503 where readiness cannot be told, and keeps the reason to the log", async () => {
    const server = await startTestServer({ readiness: () => Promise.reject(new Error("password=secret")) });
    const response = await fetch(`${server.url}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.text()).not.toContain("secret");
    expect(server.logged).toMatchObject([{ err: { message: "password=secret" } }]);
  });
});
