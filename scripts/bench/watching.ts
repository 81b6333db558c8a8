// The child of watchers.ts: any number of WebSockets that count what they are sent, and look into it as little as they can.
import { once } from "node:events";
import { WebSocket } from "ws";
import type { z } from "zod";
import { Order, type Told } from "./watchers.ts";

const NEXT = Buffer.from('"type":"next"');
const tell = (told: z.infer<typeof Told>) => process.send?.(told);

let received = 0;
let awaited: number | null = null;

function count(): void {
  received += 1;
  if (received === awaited) tellReceived();
}

function tellReceived(): void {
  tell({ received });
  awaited = null;
  received = 0;
}

/** Connects one and resolves when it is being served. */
async function join({ url, subscription, snapshot }: Order): Promise<void> {
  const socket = new WebSocket(
    `${url.replace("http", "ws")}/graphql`,
    subscription === null ? [] : ["graphql-transport-ws"],
  );
  socket.on("close", (code) => {
    throw new Error(`A watcher was closed with ${code}.`);
  });
  await once(socket, "open");
  if (subscription !== null) {
    socket.send('{"type":"connection_init"}');
    await once(socket, "message");
    const subscribed = once(socket, "message");
    socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: subscription }));
    if (snapshot) check(await subscribed);
    else {
      // An operation after it is answered when the subscription has begun.
      const payload = { query: "{ __typename }" };
      socket.send(JSON.stringify({ id: "2", type: "subscribe", payload }));
      check(await subscribed);
    }
  }
  socket.on("message", (data: Buffer) => {
    if (subscription === null || data.includes(NEXT)) count();
  });
}

function check([message]: unknown[]): void {
  if (!String(message).includes('"type":"next"')) throw new Error(`A watcher was answered ${String(message)}`);
}

process.on("message", async (message) => {
  if (typeof message === "number") {
    awaited = message;
    if (received >= awaited) tellReceived();
    return;
  }
  const order = Order.parse(message);
  // A few at a time: a listening socket's queue is bounded.
  let left = order.count;
  const joining = Array.from({ length: 50 }, async () => {
    while (left > 0) {
      left -= 1;
      await join(order);
    }
  });
  await Promise.all(joining);
  tell("ready");
});
process.once("disconnect", () => process.exit());
