import { spawn } from "node:child_process";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pino } from "pino";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  closeCode,
  frame,
  nextMessage,
  openConnection,
  openIntroduced,
  post,
  readToEnd,
  subscribe,
  UPGRADE,
} from "./rude-client.ts";
import { type Handler, startHttpServer } from "../../src/server/http-server.ts";
import { UNOBSERVED } from "../../src/server/observer.ts";
import { createRequestScopes } from "../../src/server/request-scope.ts";
import { startTestServer, type TestServer } from "./server-fixture.ts";

const MEGABYTE = 1_000_000;
const NOISE = `subscription { noise(bytes: ${MEGABYTE}) }`;
/** More than the system takes off the server's hands for a client that does not read: 4 MB or so. */
const FLOOD = 12;
const STREAM = "text/event-stream";

/** So much more that a client which reads slowly does not come to its end. */
const DELUGE = 30;

/** Makes every open subscription give so many values. */
function flood(server: TestServer, values = FLOOD): void {
  for (let i = 0; i < values; i += 1) server.ticks.emit(i);
}

async function openSubscription(server: TestServer, query: string) {
  const socket = await openIntroduced(server);
  const begun = server.ticks.begun();
  socket.send(subscribe("1", query));
  await begun;
  return socket;
}

async function openStream(server: TestServer, query: string) {
  const connection = await openConnection(server);
  const begun = server.ticks.begun();
  connection.write(post({ query }, STREAM));
  await begun;
  return connection;
}

describe("a WebSocket whose client has gone without a word is cut within two pings, and its subscriptions end:", () => {
  test("while nothing happens", async () => {
    const server = await startTestServer({ limits: { pingIntervalMs: 1_000 } });
    const connection = await openConnection(server);
    connection.write(`${UPGRADE}\r\n\r\n`);
    await once(connection, "data");
    connection.write(frame(0x81, Buffer.from('{"type":"connection_init"}')));
    await once(connection, "data");
    const begun = server.ticks.begun();
    connection.write(frame(0x81, Buffer.from(subscribe("1", "subscription { ticks }"))));
    await begun;
    // It takes the pings and answers none.
    await server.ticks.drained();
    expect(server.ticks.open).toBe(0);
    expect(server.logged).toEqual([]);
  });

  test("its process was stopped", async () => {
    const server = await startTestServer({ limits: { pingIntervalMs: 1_000 } });
    const begun = server.ticks.begun();
    const child = spawn(process.execPath, [path.join(import.meta.dirname, "watching-child.ts"), server.url]);
    onTestFinished(() => void child.kill("SIGKILL"));
    await begun;
    // Alive, it stays for as many pings as may be.
    await pause(3_500);
    expect(server.ticks.open).toBe(1);
    child.kill("SIGSTOP");
    await server.ticks.drained();
    expect(server.ticks.open).toBe(0);
  });

  test("while more waits for it than the system takes", async () => {
    const server = await startTestServer({ limits: { pingIntervalMs: 100 } });
    const socket = await openSubscription(server, NOISE);
    socket.pause();
    flood(server);
    await server.ticks.drained();
    expect(server.ticks.open).toBe(0);
    expect(server.logged).toEqual([]);
    // What had been sent before is still there for it; then it is told nothing, and a client of the real world comes again.
    socket.resume();
    expect(await closeCode(socket)).toBe(1006);
  });
});

test("a WebSocket whose client reads slowly lives, and misses nothing", async () => {
  const server = await startTestServer({ limits: { pingIntervalMs: 1_000 } });
  const socket = await openSubscription(server, NOISE);
  const got: unknown[] = [];
  socket.on("message", (data) => got.push(JSON.parse(String(data)).id));
  socket.pause();
  flood(server, DELUGE);
  // For four pings: those stand in line behind what waits.
  for (let i = 0; i < 5; i += 1) {
    await pause(800);
    socket.resume();
    await once(socket, "message");
    socket.pause();
  }
  socket.resume();
  while (got.length < DELUGE) await once(socket, "message");
  expect(server.ticks.open).toBe(1);
});

test("a WebSocket that asks for much and reads nothing is closed with 4499 once 16 MiB wait for it", async () => {
  const server = await startTestServer();
  const socket = await openSubscription(server, "subscription { ticks }");
  let answers = 0;
  socket.on("message", () => (answers += 1));
  socket.pause();
  const query = "query ($name: String) { hello(name: $name) }";
  const asked = Array.from({ length: 60 }, (_, i) => {
    const message = subscribe(`q${i}`, query, { name: "x".repeat(MEGABYTE) });
    return new Promise((resolve) => socket.send(message, resolve));
  });
  await Promise.all(asked);
  await server.post({ query: "{ hello }" });
  const closed = closeCode(socket);
  socket.resume();
  expect(await closed).toBe(4499);
  // 16 MiB, what the system had taken, and the one that passed the bound.
  expect(answers).toBeLessThan(40);
  await server.ticks.drained();
  expect(server.logged).toEqual([]);
});

describe("a stream of server-sent events", () => {
  test("whose client does not read is cut after two pings, and its subscription ends", async () => {
    const server = await startTestServer({ limits: { pingIntervalMs: 100 } });
    const connection = await openStream(server, NOISE);
    connection.pause();
    flood(server);
    await server.ticks.drained();
    expect(server.ticks.open).toBe(0);
    expect(server.logged).toEqual([]);
    const seen = await readToEnd(connection.resume());
    expect(seen.length).toBeLessThan(FLOOD * MEGABYTE);
    expect(seen).not.toContain("event: complete");
  });

  test("in which nothing happens stays, for as long as may be", async () => {
    const server = await startTestServer({ limits: { pingIntervalMs: 20 } });
    const connection = await openStream(server, "subscription { ticks }");
    await pause(400);
    server.ticks.emit(7);
    let seen = "";
    while (!seen.includes('"ticks":7')) seen += String((await once(connection, "data"))[0]);
    expect(server.ticks.open).toBe(1);
  });

  test("whose client reads slowly lives, and misses nothing", async () => {
    const server = await startTestServer({ limits: { pingIntervalMs: 1_000 } });
    const connection = await openStream(server, NOISE);
    connection.pause();
    flood(server, DELUGE);
    let bytes = 0;
    connection.on("data", (chunk: Buffer) => (bytes += chunk.length));
    for (let i = 0; i < 5; i += 1) {
      await pause(800);
      const enough = bytes + MEGABYTE;
      connection.resume();
      while (bytes < enough) await once(connection, "data");
      connection.pause();
    }
    connection.resume();
    while (bytes < DELUGE * MEGABYTE) await once(connection, "data");
    expect(server.ticks.open).toBe(1);
  });
});

describe("an answer to a request", () => {
  test("that its client does not read is not kept: the connection is cut", async () => {
    const answering = Promise.withResolvers<ServerResponse>();
    const answer: Handler = (_request, response) => {
      answering.resolve(response.writeHead(200));
      response.end(Buffer.alloc(FLOOD * MEGABYTE));
    };
    const log = pino({ level: "silent" });
    const server = await startHttpServer({
      host: "127.0.0.1",
      port: 0,
      routes: { paths: new Map([["/", { GET: answer }]]), upgrades: new Map() },
      maxConnections: 10,
      stallTimeoutMs: 200,
      times: {},
      log,
      scopes: createRequestScopes(log, UNOBSERVED),
      observer: UNOBSERVED,
    });
    onTestFinished(() => server.close());
    const connection = await openConnection(server);
    connection.pause();
    connection.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const response = await answering.promise;
    await new Promise((resolve) => response.once("close", resolve));
    expect(response.writableFinished).toBe(false);
    expect((await readToEnd(connection.resume())).length).toBeLessThan(FLOOD * MEGABYTE);
  });

  test("that takes the server long is waited for", async () => {
    const server = await startTestServer({ limits: { pingIntervalMs: 20 } });
    const gate = Promise.withResolvers<void>();
    server.ticks.gate = gate.promise;
    const asked = server.ticks.asked();
    const answer = server.post({ query: "{ waits }" });
    await asked;
    await pause(200);
    gate.resolve();
    expect(await (await answer).json()).toEqual({ data: { waits: "done" } });
  });
});

test("the client that a stalled one shares the server with is not held up", async () => {
  const server = await startTestServer();
  const stalled = await openSubscription(server, NOISE);
  const other = await openSubscription(server, "subscription { ticks }");
  stalled.pause();
  const got: unknown[] = [];
  other.on("message", (data) => got.push(JSON.parse(String(data)).payload.data.ticks));
  flood(server);
  while (got.length < FLOOD) await nextMessage(other);
  expect(got).toEqual(Array.from({ length: FLOOD }, (_, i) => i));
});
