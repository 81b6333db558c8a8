// Watchers of one run, in a process of their own. Arguments: the server's address, the run's id, how many, and whether they
// read. Says "ready" once all watch; those who read then answer each message of the parent: "measure" begins a measurement,
// "report" ends it with how long each event took to each of them, in milliseconds.
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { WebSocket } from "ws";
import { z } from "zod";

const [address = "", runId = "", count = "0", manner = "reads"] = process.argv.slice(2);
const QUERY = `subscription ($runId: ID!) {
  runProgress(runId: $runId) { seq cursor kind at run { id status progress completedItems } item { id code title status } }
}`;
const Frame = z.object({
  type: z.literal("next"),
  payload: z.object({
    data: z.object({ runProgress: z.object({ seq: z.number(), kind: z.string(), at: z.string() }) }),
  }),
});
/** Three of these, sent back to who does not read them, are more than the system keeps between two of its processes. */
const ECHO = JSON.stringify({ type: "ping", payload: { echo: "x".repeat(2_000_000) } });

let measuredFrom = Infinity;
const delays: number[] = [];

async function watch(): Promise<void> {
  const socket = new WebSocket(`${address.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  socket.once("close", (code, reason) => {
    throw new Error(`A watcher was closed: ${code} ${String(reason)}`);
  });
  await once(socket, "open");
  socket.send('{"type":"connection_init"}');
  await once(socket, "message");
  const subscribe = JSON.stringify({ id: "1", type: "subscribe", payload: { query: QUERY, variables: { runId } } });
  if (manner === "stalls") {
    socket.pause();
    for (let i = 0; i < 3; i += 1) socket.send(ECHO);
    await new Promise((resolve) => socket.send(subscribe, resolve));
    return;
  }
  let last: number | null = null;
  socket.on("message", (data: Buffer) => {
    const now = performance.timeOrigin + performance.now();
    const frame = Frame.safeParse(JSON.parse(data.toString()));
    if (!frame.success) return;
    const { seq, kind, at } = frame.data.payload.data.runProgress;
    if (kind !== "DRAFTED" && last !== null && seq !== last + 1)
      throw new Error(`A watcher was sent event ${seq} after event ${last}.`);
    last = seq;
    if (Date.parse(at) >= measuredFrom) delays.push(now - Date.parse(at));
  });
  const first = once(socket, "message");
  socket.send(subscribe);
  await first;
}

// Not all at the same moment: that is not what is measured here.
for (let left = Number(count); left > 0; left -= 50)
  await Promise.all(Array.from({ length: Math.min(50, left) }, watch));
// What the last ones have sent is still on its way.
if (manner === "stalls") await setTimeout(1_000);
process.on("message", (message) => {
  if (message === "measure") measuredFrom = Date.now();
  else process.send?.({ delays });
});
process.once("disconnect", () => process.exit());
process.send?.("ready");
