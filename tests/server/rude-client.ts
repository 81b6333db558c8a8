import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, onTestFinished } from "vitest";
import { type RawData, WebSocket } from "ws";
import type { Server } from "../../src/server/server.ts";

// Clients that speak the protocols by hand, and so can do what no library does.

/** A bare WebSocket; it goes with the test. */
export async function openSocket(server: Server, protocol = "graphql-transport-ws"): Promise<WebSocket> {
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/graphql`, protocol);
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  return socket;
}

export async function openIntroduced(server: Server): Promise<WebSocket> {
  const socket = await openSocket(server);
  socket.send('{"type":"connection_init"}');
  expect(await nextMessage(socket)).toEqual({ type: "connection_ack" });
  return socket;
}

export async function nextMessage(socket: WebSocket): Promise<unknown> {
  const [data]: [RawData] = (await once(socket, "message")) as [RawData];
  return JSON.parse(String(data));
}

export async function closeCode(socket: WebSocket): Promise<number> {
  const [code]: [number] = (await once(socket, "close")) as [number];
  return code;
}

export function subscribe(id: string, query: string, variables?: object): string {
  return JSON.stringify({ id, type: "subscribe", payload: { query, variables } });
}

/** A TCP connection that keeps its end open whatever the other does; it goes with the test. */
export async function openConnection(server: { readonly port: number }): Promise<Socket> {
  const connection = connect({ port: server.port, host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => void connection.destroy());
  connection.on("error", () => {});
  await once(connection, "connect");
  return connection;
}

/** All that comes until the other end is closed. */
export async function readToEnd(connection: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  connection.on("data", (chunk: Buffer) => chunks.push(chunk));
  await Promise.race([once(connection, "end"), once(connection, "close")]);
  return Buffer.concat(chunks).toString("latin1");
}

export const UPGRADE = [
  "GET /graphql HTTP/1.1",
  "Host: localhost",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
  "Sec-WebSocket-Protocol: graphql-transport-ws",
].join("\r\n");

/** A frame of a client, masked with zeros. */
export function frame(firstByte: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([firstByte, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

/** A POST, as it is on the wire. */
export function post(body: object, accept = "application/json"): string {
  const text = JSON.stringify(body);
  return [
    "POST /graphql HTTP/1.1",
    "Host: localhost",
    "Content-Type: application/json",
    `Accept: ${accept}`,
    `Content-Length: ${Buffer.byteLength(text)}`,
    "",
    text,
  ].join("\r\n");
}
