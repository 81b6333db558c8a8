import type { Server } from "node:http";

/** The server cannot listen where it was told to. The message is one line that says what to do; `cause` is the system's error. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/**
 * Makes the server listen on a name or address and a port; 0 takes any free one.
 * @returns the port that it listens on
 * @throws ListenError where the port is taken or not allowed, or the host is not this machine's
 */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ host, port }, resolve);
  try {
    await promise;
  } catch (cause) {
    throw new ListenError(explain(cause, host, port), { cause });
  } finally {
    server.off("error", reject);
  }
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A TCP server has no port.");
  return address.port;
}

function explain(cause: unknown, host: string, port: number): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} on ${host} is in use by another program. Stop that one, or set PORT to another port; 0 takes any free one.`;
    case "EACCES":
      return `Port ${port} on ${host} is not allowed to this user. Set PORT to 1024 or above.`;
    case "EADDRNOTAVAIL":
      return `The address ${host} is none of this machine's. Set HOST to one that is, such as 127.0.0.1.`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `The host name ${host} cannot be found. Set HOST to an address of this machine, such as 127.0.0.1.`;
    default:
      return `The server cannot listen on ${host}, port ${port}: ${cause instanceof Error ? cause.message : String(cause)}.`;
  }
}
