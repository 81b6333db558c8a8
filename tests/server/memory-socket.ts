import { makeServer } from "graphql-ws";
import type { createProtocolOptions } from "../../src/server/websocket.ts";

export type ProtocolOptions = ReturnType<typeof createProtocolOptions>;

/** A WebSocket without a network: what it is sent is kept, and taken only while it is not stalled. */
export interface MemorySocket {
  readonly sent: readonly string[];
  receive(message: object): void;
  stall(): void;
  resume(): void;
  /** It breaks, without a word to the server. */
  cut(): void;
}

export async function openSocket(options: ProtocolOptions): Promise<MemorySocket> {
  const sent: string[] = [];
  let taken = Promise.resolve();
  let resume = () => {};
  let open = true;
  let handle = async (_message: string) => {};
  const send = async (message: string) => {
    if (!open) return;
    sent.push(message);
    await taken;
  };
  const closed = makeServer(options).opened(
    {
      protocol: "graphql-transport-ws",
      send,
      close: (code) => void sent.push(`closed with ${code}`),
      onMessage: (onMessage) => (handle = onMessage),
    },
    { send },
  );
  const socket: MemorySocket = {
    sent,
    receive: (message) => void handle(JSON.stringify(message)),
    stall() {
      ({ promise: taken, resolve: resume } = Promise.withResolvers<void>());
    },
    resume: () => resume(),
    cut() {
      open = false;
      resume();
      void closed(1006, "");
    },
  };
  socket.receive({ type: "connection_init" });
  await settled();
  return socket;
}

/** Resolves when all that can happen without anybody doing something has happened. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await turn();
}

/** Resolves once all promises that can be kept have been. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
