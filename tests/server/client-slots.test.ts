import { once } from "node:events";
import { expect, test } from "vitest";
import {
  nextMessage,
  openConnection,
  openIntroduced,
  openSocket,
  readToEnd,
  subscribe,
  UPGRADE,
} from "./rude-client.ts";
import { startTestServer, type TestServer } from "./server-fixture.ts";

const SUBSCRIPTION = { query: "subscription { ticks }" };
const STREAM = { accept: "text/event-stream" };
const REFUSAL = {
  errors: [
    {
      message: "The server has 2 clients connected, which is the most. Try again later, or raise MAX_SOCKETS.",
      extensions: { code: "TOO_MANY_CLIENTS" },
    },
  ],
};

async function upgrade(server: TestServer): Promise<string> {
  const connection = await openConnection(server);
  connection.write(`${UPGRADE}\r\n\r\n`);
  return readToEnd(connection);
}

test("a WebSocket and a stream take a slot each; past the last one 503 says so, and who leaves makes room", async () => {
  const server = await startTestServer({ limits: { maxSockets: 2 } });
  const socket = await openSocket(server);
  const leave = new AbortController();
  const stream = await server.post(SUBSCRIPTION, STREAM, leave.signal);
  expect(stream.status).toBe(200);

  const refused = await upgrade(server);
  expect(refused).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: 5\r\n/);
  expect(JSON.parse(refused.split("\r\n\r\n")[1] ?? "")).toEqual(REFUSAL);
  const answer = await server.post(SUBSCRIPTION, STREAM);
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(await answer.json()).toEqual(REFUSAL);
  expect(server.ticks.open).toBe(1);

  const drained = server.ticks.drained();
  leave.abort();
  await drained;
  await openSocket(server);
  const closed = once(socket, "close");
  socket.close();
  await closed;
  expect((await server.post(SUBSCRIPTION, STREAM)).status).toBe(200);
});

test("queries are answered while all slots are taken, also to clients that would take a stream", async () => {
  const server = await startTestServer({ limits: { maxSockets: 1 } });
  await openSocket(server);
  const accept = "application/graphql-response+json, application/json, text/event-stream, multipart/mixed";
  const answer = await server.post({ query: "{ hello }" }, { accept });
  expect(await answer.json()).toEqual({ data: { hello: "Hello you" } });
});

test("a handshake that fails gives its slot back", async () => {
  const server = await startTestServer({ limits: { maxSockets: 1 } });
  for (let i = 0; i < 3; i += 1) {
    const connection = await openConnection(server);
    connection.write(`${UPGRADE.replace("Version: 13", "Version: 12")}\r\n\r\n`);
    expect(await readToEnd(connection)).toContain("400 Bad Request");
  }
  await openSocket(server);
});

test("that clients are turned away is told to who runs the server, once a minute", async () => {
  const server = await startTestServer({ limits: { maxSockets: 1 } });
  await openSocket(server);
  for (let i = 0; i < 3; i += 1) expect(await upgrade(server)).toContain("503");
  expect(server.logged).toMatchObject([{ level: 40, maxSockets: 1, msg: expect.stringContaining("MAX_SOCKETS") }]);
});

test("an operation more than one WebSocket may have open is refused, and the others go on", async () => {
  const server = await startTestServer({ limits: { maxOperations: 3 } });
  const socket = await openIntroduced(server);
  for (const id of ["1", "2", "3", "4"]) socket.send(subscribe(id, "subscription { ticks }"));
  expect(await nextMessage(socket)).toMatchObject({
    id: "4",
    type: "error",
    payload: [{ extensions: { code: "TOO_MANY_OPERATIONS" } }],
  });
  expect(server.ticks.open).toBe(3);
  const completed = server.ticks.ended();
  socket.send('{"type":"complete","id":"2"}');
  await completed;
  const begun = server.ticks.begun();
  socket.send(subscribe("5", "subscription { ticks }"));
  await begun;
  expect(server.ticks.open).toBe(3);
});
