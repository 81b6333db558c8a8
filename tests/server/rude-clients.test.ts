import { once } from "node:events";
import { describe, expect, test } from "vitest";
import {
  closeCode,
  frame,
  nextMessage,
  openConnection,
  openIntroduced,
  openSocket,
  post,
  readToEnd,
  subscribe,
  UPGRADE,
} from "./rude-client.ts";
import { startTestServer, type TestServer } from "./server-fixture.ts";

/** It answers, has kept nothing, and does not think that worth a line in its log. */
async function expectUnmoved(server: TestServer): Promise<void> {
  expect((await server.post({ query: "{ hello }" })).status).toBe(200);
  await server.ticks.drained();
  expect(server.logged).toEqual([]);
}

describe("a client that breaks the protocol is closed with the code for it, and the server goes on:", () => {
  test.each([
    ["no JSON", "{", 4400],
    ["JSON that is no message", "[1, 2]", 4400],
    ["a message without a type", '{"id":"1"}', 4400],
    ["an unknown type", '{"type":"start","id":"1","payload":{"query":"{ hello }"}}', 4400],
    ["an operation without an id", '{"type":"subscribe","payload":{"query":"{ hello }"}}', 4400],
    ["an operation without a document", '{"type":"subscribe","id":"1","payload":{}}', 4400],
    ["a message that servers send", '{"id":"1","type":"next","payload":{}}', 4400],
    ["another one", '{"type":"connection_ack"}', 4400],
    ["a second introduction", '{"type":"connection_init"}', 4429],
    ["the id of an operation that is open", subscribe("open", "{ hello }"), 4409],
  ])("%s", async (_name, message, code) => {
    const server = await startTestServer();
    const socket = await openIntroduced(server);
    const begun = server.ticks.begun();
    socket.send(subscribe("open", "subscription { ticks }"));
    await begun;
    socket.send(message);
    expect(await closeCode(socket)).toBe(code);
    await expectUnmoved(server);
  });

  test("an operation before the introduction", async () => {
    const server = await startTestServer();
    const socket = await openSocket(server);
    socket.send(subscribe("1", "{ hello }"));
    expect(await closeCode(socket)).toBe(4401);
    await expectUnmoved(server);
  });

  test("no introduction at all", async () => {
    const server = await startTestServer({ limits: { initTimeoutMs: 20 } });
    expect(await closeCode(await openSocket(server))).toBe(4408);
    await expectUnmoved(server);
  });

  test("a message larger than may be", async () => {
    const server = await startTestServer({ limits: { maxMessageBytes: 2_000 } });
    const socket = await openIntroduced(server);
    socket.send(subscribe("1", "query ($name: String) { hello(name: $name) }", { name: "x".repeat(1_500) }));
    expect(await nextMessage(socket)).toMatchObject({ type: "next", id: "1" });
    socket.send("x".repeat(2_001));
    expect(await closeCode(socket)).toBe(1009);
    expect((await server.post({ query: `{ hello } #${"x".repeat(2_000)}` })).status).toBe(413);
    await expectUnmoved(server);
  });

  test.each([
    ["a frame with bits that mean nothing", frame(0xf1, Buffer.from("{}")), 1002],
    ["a frame of no known kind", frame(0x83, Buffer.from("{}")), 1002],
    ["a frame without a mask", Buffer.from([0x81, 0x02, 0x7b, 0x7d]), 1002],
    ["text that is no UTF-8", frame(0x81, Buffer.from([0xc3, 0x28])), 1007],
    ["a close frame with a code that there is not", frame(0x88, Buffer.from([0x00, 0x07])), 1002],
  ])("%s", async (_name, bytes, code) => {
    const server = await startTestServer();
    const connection = await openConnection(server);
    connection.write(`${UPGRADE}\r\n\r\n`);
    expect(String((await once(connection, "data"))[0])).toContain(" 101 ");
    connection.write(bytes);
    const [answer]: [Buffer] = (await once(connection, "data")) as [Buffer];
    expect([answer[0], answer.readUInt16BE(2)]).toEqual([0x88, code]);
    await expectUnmoved(server);
  });
});

test("a client that has been closed is not listened to any more", async () => {
  const server = await startTestServer();
  const connection = await openConnection(server);
  connection.write(`${UPGRADE}\r\n\r\n`);
  await once(connection, "data");
  const mutation = subscribe("1", 'mutation { write(text: "x") }');
  connection.write(frame(0x81, Buffer.from('{"type":"connection_init"}')));
  await once(connection, "data");
  connection.write(Buffer.concat([frame(0x81, Buffer.from("{")), frame(0x81, Buffer.from(mutation))]));
  const [answer]: [Buffer] = (await once(connection, "data")) as [Buffer];
  expect(answer.readUInt16BE(2)).toBe(4400);
  expect(await (await server.post({ query: "{ written }" })).json()).toEqual({ data: { written: [] } });
});

describe("a connection that brings no request is ended, and others are not kept waiting:", () => {
  test.each([
    ["nothing at all", ""],
    ["half of the headers", "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-"],
    ["half of an upgrade", UPGRADE],
  ])("%s, a hundred times", async (_name, bytes) => {
    const server = await startTestServer({ times: { headersMs: 500 } });
    const connections = await Promise.all(Array.from({ length: 100 }, () => openConnection(server)));
    for (const connection of connections) connection.write(bytes);
    const ends = connections.map(readToEnd);
    expect((await server.post({ query: "{ hello }" })).status).toBe(200);
    for (const answer of await Promise.all(ends)) expect(answer).toContain("408 Request Timeout");
    await expectUnmoved(server);
  });

  test("half of a body", async () => {
    const server = await startTestServer({ times: { headersMs: 200, requestMs: 500 } });
    const connection = await openConnection(server);
    connection.write(post({ query: "{ hello }" }).slice(0, -5));
    expect(await readToEnd(connection)).toContain("408 Request Timeout");
    await expectUnmoved(server);
  });

  test("no HTTP", async () => {
    const server = await startTestServer();
    const connection = await openConnection(server);
    connection.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]));
    expect(await readToEnd(connection)).toContain("400 Bad Request");
    await expectUnmoved(server);
  });
});

test("a refused upgrade does not stay open, whatever its client does", async () => {
  const server = await startTestServer();
  const connection = await openConnection(server);
  connection.write(`${UPGRADE.replace("localhost", "evil.example")}\r\n\r\n`);
  expect(await readToEnd(connection)).toContain("403 Refused");
  // Whoever still had the other end would take this for ever.
  const insist = setInterval(() => connection.write("still here"), 5);
  await new Promise((resolve) => connection.once("close", resolve));
  clearInterval(insist);
  await expectUnmoved(server);
});
