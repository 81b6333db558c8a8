// Serves every kind of client, closes, and then has to end by itself: nothing here calls process.exit.
import { createClient } from "graphql-ws";
import { pino } from "pino";
import { WebSocket } from "ws";
import { createServer } from "../../src/server/server.ts";
import { createSmallSchema, createTicks } from "./small-schema.ts";

const ticks = createTicks();
const server = await createServer({
  schema: createSmallSchema(ticks),
  context: () => ({}),
  host: "127.0.0.1",
  port: 0,
  log: pino({ level: "silent" }),
  readiness: async () => ({ ready: true, parts: {} }),
  isUnavailable: () => false,
  graphiqlTabs: [],
});
const query = "subscription { ticks }";
const client = createClient({
  url: `${server.url.replace("http", "ws")}/graphql`,
  webSocketImpl: WebSocket,
  retryAttempts: 0,
});
let begun = ticks.begun();
const overSocket = client.iterate({ query }).next();
await begun;
begun = ticks.begun();
const stream = await fetch(`${server.url}/graphql`, {
  method: "POST",
  headers: { "content-type": "application/json", accept: "text/event-stream" },
  body: JSON.stringify({ query }),
});
await begun;
await (await fetch(`${server.url}/graphql`, { headers: { accept: "text/html" } })).text();
const ended = Promise.allSettled([overSocket, stream.text()]);
await server.close();
await ended;
process.stdout.write("closed\n");
