import { once } from "node:events";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { closeCode, nextMessage, openIntroduced, subscribe } from "./rude-client.ts";
import { connect, startTestServer } from "./server-fixture.ts";

test("queries, mutations and subscriptions run over one socket, each with a context of its own", async () => {
  let made = 0;
  const server = await startTestServer({ context: () => ({ name: `context ${++made}` }) });
  const client = connect(server);
  const run = async (query: string) => (await client.iterate({ query }).next()).value;
  expect(await run("{ contextName }")).toEqual({ data: { contextName: "context 1" } });
  expect(await run("{ contextName }")).toEqual({ data: { contextName: "context 2" } });
  expect(await run('mutation { write(text: "x") }')).toEqual({ data: { write: "x" } });

  const begun = server.ticks.begun();
  const stream = client.iterate<{ ticks: number }>({ query: "subscription { ticks }" });
  const first = stream.next();
  await begun;
  server.ticks.emit(1);
  expect((await first).value).toEqual({ data: { ticks: 1 } });
  server.ticks.emit(2);
  expect((await stream.next()).value).toEqual({ data: { ticks: 2 } });
});

describe("a subscription is ended, with nothing left of it,", () => {
  test("when its client completes it while nothing happens in it", async () => {
    const server = await startTestServer();
    const begun = server.ticks.begun();
    const stream = connect(server).iterate({ query: "subscription { ticks }" });
    const pending = stream.next();
    await begun;
    const drained = server.ticks.drained();
    await stream.return?.();
    await drained;
    expect(server.ticks.open).toBe(0);
    await pending;
  });

  test("when its client vanishes without a word", async () => {
    const server = await startTestServer();
    const socket = await openIntroduced(server);
    const begun = server.ticks.begun();
    socket.send(subscribe("1", "subscription { ticks }"));
    await begun;
    const drained = server.ticks.drained();
    socket.terminate();
    await drained;
    expect(server.ticks.open).toBe(0);
  });

  test("when its client has stopped answering", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const server = await startTestServer();
    const socket = await openIntroduced(server);
    const begun = server.ticks.begun();
    socket.send(subscribe("1", "subscription { ticks }"));
    await begun;

    const pinged = once(socket, "ping");
    vi.advanceTimersByTime(12_000);
    await pinged;
    // The pong that answered it has come once the server has answered what was sent after it.
    socket.send('{"type":"ping"}');
    expect(await nextMessage(socket)).toEqual({ type: "pong" });
    expect(server.ticks.open).toBe(1);

    socket.pause();
    const drained = server.ticks.drained();
    vi.advanceTimersByTime(24_000);
    await drained;
    expect(server.ticks.open).toBe(0);
  });

  test("when its client vanishes before it has begun", async () => {
    const server = await startTestServer();
    const gate = Promise.withResolvers<void>();
    server.ticks.gate = gate.promise;
    const socket = await openIntroduced(server);
    const asked = server.ticks.asked();
    socket.send(subscribe("1", "subscription { ticks }"));
    await asked;
    socket.terminate();
    await once(socket, "close");
    // The server has noticed once it has answered somebody who came after.
    await server.post({ query: "{ hello }" });
    const begun = server.ticks.begun();
    gate.resolve();
    await begun;
    await server.ticks.drained();
    expect(server.ticks.open).toBe(0);
  });
});

test("an error on purpose in mid-stream keeps its code", async () => {
  const { GraphQLError } = await import("graphql");
  const server = await startTestServer();
  const socket = await openIntroduced(server);
  const begun = server.ticks.begun();
  socket.send(subscribe("1", "subscription { ticks }"));
  await begun;
  server.ticks.fail(new GraphQLError("You read too slowly.", { extensions: { code: "CONSUMER_TOO_SLOW" } }));
  expect(await nextMessage(socket)).toEqual({
    id: "1",
    type: "error",
    payload: [{ message: "You read too slowly.", extensions: { code: "CONSUMER_TOO_SLOW" } }],
  });
});

test.each([
  ["no GraphQL", "{ hello", "Syntax Error"],
  ["an unknown field", "{ helo }", 'Did you mean "hello"'],
])("an operation that is %s is answered with what is wrong", async (_name, query, message) => {
  const server = await startTestServer();
  const socket = await openIntroduced(server);
  socket.send(subscribe("1", query));
  const answer = await nextMessage(socket);
  expect(answer).toMatchObject({ id: "1", type: "error" });
  expect(answer).toHaveProperty("payload.0.message", expect.stringContaining(message));
  expect(answer).not.toHaveProperty("payload.0.extensions.http");
  expect(server.logged).toEqual([]);
});

describe("a client that does not keep to the protocol is closed, and the server goes on:", () => {
  test("none of the protocols that the server speaks", async () => {
    const server = await startTestServer();
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/graphql`);
    expect(await closeCode(socket)).toBe(4406);
  });

  test("a message larger than a request may be", async () => {
    const server = await startTestServer();
    const socket = await openIntroduced(server);
    socket.send("x".repeat(17_000_000));
    expect(await closeCode(socket)).toBe(1009);
    expect((await server.post({ query: "{ hello }" })).status).toBe(200);
  });

  test("more operations at once than anybody needs", async () => {
    const server = await startTestServer();
    const socket = await openIntroduced(server);
    for (let id = 1; id <= 2_001; id++) socket.send(subscribe(String(id), "subscription { ticks }"));
    expect(await nextMessage(socket)).toMatchObject({
      id: "2001",
      type: "error",
      payload: [{ extensions: { code: "TOO_MANY_OPERATIONS" } }],
    });
    expect(server.ticks.open).toBe(2_000);
  });
});

test("a WebSocket is only to be had at /graphql", async () => {
  const server = await startTestServer();
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/healthz`, "graphql-transport-ws");
  const [error]: [Error] = (await once(socket, "error")) as [Error];
  expect(error.message).toContain("404");
});
