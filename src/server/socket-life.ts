import type { Socket } from "node:net";
import type { WebSocket } from "ws";

/** Finds the WebSockets whose clients are not there any more, or as good as gone, and cuts them. */
export interface SocketLife {
  /** @param tcp what `socket` runs over */
  watch(socket: WebSocket, tcp: Socket): void;
  close(): void;
}

/**
 * A client lives while it answers pings or, where more waits for it than the system takes off our hands, while that gets
 * less: a ping would stand in line behind it. Who has done neither for two intervals is cut off, without a close frame,
 * which could not reach it. Its subscriptions end; with its cursor it may go on.
 */
export function createSocketLife(pingIntervalMs: number): SocketLife {
  const sockets = new Set<WebSocket>();
  const answering = new WeakSet<WebSocket>();
  const pings = setInterval(() => {
    for (const socket of sockets) {
      if (socket.bufferedAmount > 0) answering.add(socket);
      else if (answering.delete(socket)) socket.ping();
      else socket.terminate();
    }
  }, pingIntervalMs);
  return {
    watch(socket, tcp) {
      sockets.add(socket);
      answering.add(socket);
      socket.on("pong", () => answering.add(socket));
      socket.once("close", () => sockets.delete(socket));
      // Node starts this clock anew with all that comes in and all that the system takes, parts of a large message too.
      tcp.setTimeout(2 * pingIntervalMs, () => {
        if (socket.bufferedAmount > 0) socket.terminate();
      });
    },
    close() {
      clearInterval(pings);
    },
  };
}
