// Watches `ticks` until it is killed, or stopped. Argument: the server's address.
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";

const [address = ""] = process.argv.slice(2);
const client = createClient({ url: `${address.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket });
client.subscribe({ query: "subscription { ticks }" }, { next() {}, error() {}, complete() {} });
