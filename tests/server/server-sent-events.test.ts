import { expect, test } from "vitest";
import { startTestServer, type TestServer } from "./server-fixture.ts";

const STREAM = { accept: "text/event-stream" };
const TICKS = { query: "subscription { ticks }" };

/** Reads a stream until it has shown `text`; returns all that it has shown. */
async function readUntil(reader: ReadableStreamDefaultReader<Uint8Array>, text: string): Promise<string> {
  let seen = "";
  while (!seen.includes(text)) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`The stream ended after ${JSON.stringify(seen)}`);
    seen += Buffer.from(value).toString();
  }
  return seen;
}

async function openStream(server: TestServer, signal?: AbortSignal) {
  const begun = server.ticks.begun();
  const response = await fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...STREAM },
    body: JSON.stringify(TICKS),
    ...(signal === undefined ? {} : { signal }),
  });
  await begun;
  if (response.body === null) throw new Error("no stream");
  return { response, reader: response.body.getReader() };
}

test("a subscription by POST streams its events", async () => {
  const server = await startTestServer();
  const { response, reader } = await openStream(server);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  server.ticks.emit(1);
  expect(await readUntil(reader, "\n\nevent: next\ndata: ")).toContain('{"data":{"ticks":1}}');
  server.ticks.emit(2);
  expect(await readUntil(reader, '{"data":{"ticks":2}}')).toContain("event: next");
});

test("a client that goes away ends its subscription, also while nothing happens in it", async () => {
  const server = await startTestServer();
  const leave = new AbortController();
  const { reader } = await openStream(server, leave.signal);
  server.ticks.emit(1);
  await readUntil(reader, '"ticks":1');
  expect(server.ticks.open).toBe(1);
  const drained = server.ticks.drained();
  leave.abort();
  await drained;
  expect(server.ticks.open).toBe(0);
});

test("a client that goes away before its subscription has begun leaves none behind", async () => {
  const server = await startTestServer();
  const gate = Promise.withResolvers<void>();
  server.ticks.gate = gate.promise;
  const asked = server.ticks.asked();
  const leave = new AbortController();
  const left = fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...STREAM },
    body: JSON.stringify(TICKS),
    signal: leave.signal,
  }).catch((error: unknown) => error);
  await asked;
  leave.abort();
  await left;
  // The server has noticed once it has answered somebody who came after.
  await server.post({ query: "{ hello }" });
  const begun = server.ticks.begun();
  gate.resolve();
  await begun;
  await server.ticks.drained();
  expect(server.ticks.open).toBe(0);
});

test("a client that does not take streams is told so, and leaves no subscription behind", async () => {
  const server = await startTestServer();
  const response = await server.post(TICKS, { accept: "application/json" });
  expect(response.status).toBe(406);
  const { errors } = await response.json();
  expect(errors[0].message).toContain("text/event-stream");
  await server.ticks.drained();
  expect(server.ticks.open).toBe(0);
});

test("an error on purpose in mid-stream keeps its code, any other is hidden behind a reference to the log", async () => {
  const server = await startTestServer();
  const { reader } = await openStream(server);
  server.ticks.fail(new Error("SELECT secret FROM table"));
  const seen = await readUntil(reader, "event: complete");
  expect(seen).not.toContain("secret");
  expect(seen).toContain('"code":"INTERNAL_SERVER_ERROR"');
  const reference = /"reference":"(\w+)"/.exec(seen)?.[1];
  expect(server.logged).toMatchObject([{ reference, err: { message: "SELECT secret FROM table" } }]);
});

test("a subscription that is refused says why", async () => {
  const server = await startTestServer();
  const response = await server.post({ query: "subscription { refused }" }, STREAM);
  expect(await response.text()).toContain('"code":"NOT_FOUND"');
});
