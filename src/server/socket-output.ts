import { WebSocket } from "ws";

/** What may wait for one client, in bytes, before it is ended; the message that passes the bound is not counted. */
const MAX_WAITING = 16 * 1024 * 1024;
/** graphql-ws' own code for a socket that froze: its client connects again. */
const FROZEN = 4499;

/**
 * Sends a message, and resolves when the system has taken it: who reads slowly is not sent more than that. A client that
 * lets too much wait, over all of its operations, is closed with 4499. Never rejects: what cannot be sent any more is
 * of interest to nobody, and `close` comes anyway.
 */
export function boundedSend(socket: WebSocket, message: string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== WebSocket.OPEN) return resolve();
    if (socket.bufferedAmount > MAX_WAITING) {
      closeSoon(socket, FROZEN, "Client does not read what it is sent");
      return resolve();
    }
    socket.send(message, () => resolve());
  });
}

/** How long a client gets to answer a close frame, in milliseconds; `ws` alone would wait for half a minute. */
const GOODBYE_TIME = 5_000;

/** Closes a socket, and cuts it where its client does not do its part. */
export function closeSoon(socket: WebSocket, code?: number, reason?: string): void {
  socket.close(code, reason);
  cutSoon(socket);
}

/** Cuts a socket that is being closed where its client does not do its part. */
export function cutSoon(socket: WebSocket): void {
  const cut = setTimeout(() => socket.terminate(), GOODBYE_TIME).unref();
  socket.once("close", () => clearTimeout(cut));
}
