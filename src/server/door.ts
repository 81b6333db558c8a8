import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { isLoopback } from "../config.ts";
import type { Refusal } from "./respond.ts";

/** Looks at a request, or the start of a WebSocket, before anything else does: undefined lets it in. */
export type Door = (request: IncomingMessage) => Refusal | undefined;

/**
 * The door of a server that listens on `host` and `port`. It keeps foreign web pages out, whatever browser they run in:
 * - on loopback only loopback names are served, on any port (a tunnel's, a container's). A page whose own name was made
 *   to resolve to this machine (DNS rebinding) is of the same origin for its browser; the Host header gives it away.
 * - an `Origin` has to be the server's own; there is no CORS, and a WebSocket asks for none.
 * - what browsers send to other sites without an `Origin` (images, scripts, frames) is refused where they say so; following a link is not.
 */
export function createDoor(host: string, port: number): Door {
  const local = isLoopback(host);
  return ({ method, headers }) => {
    const served = parseHost(headers.host);
    if (served === undefined || (local && !isLoopback(served.name)))
      return forbidden(
        "FOREIGN_HOST",
        `This server does not answer to the name ${quoted(headers.host)}. Ask for it as localhost or 127.0.0.1; to serve it under another name, start it with HOST set.`,
      );
    if (headers.origin !== undefined)
      return isOwnOrigin(headers.origin, headers.host, local ? port : undefined)
        ? undefined
        : forbidden("FOREIGN_ORIGIN", `Pages of ${quoted(headers.origin)} may not use this server.`);
    return isFromForeignPage(method, headers)
      ? forbidden("FOREIGN_ORIGIN", "Pages of other sites may not use this server.")
      : undefined;
  };
}

/** POST brings JSON and nothing else: forms and plain text are what a foreign page can send without being asked first. */
export function checkContentType({ method, headers }: IncomingMessage): Refusal | undefined {
  if (method !== "POST") return undefined;
  const type = headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type === "application/json") return undefined;
  return {
    status: 415,
    code: "UNSUPPORTED_MEDIA_TYPE",
    message: `POST takes JSON only, not ${quoted(type)}. Send the header Content-Type: application/json.`,
    headers: { accept: "application/json" },
  };
}

/** Name and port of a Host header, an IPv6 address without its brackets; undefined where it is none. */
function parseHost(header: string | undefined): { name: string; port: string } | undefined {
  if (header === undefined || !/^[\w.:[\]-]+$/.test(header) || !URL.canParse(`http://${header}`)) return undefined;
  const { hostname, port } = new URL(`http://${header}`);
  return { name: hostname.replace(/^\[(.*)\]$/, "$1"), port };
}

/** Whether a page of `origin` came from this server: under the name it is asked by now, or, on loopback, under any of its names. */
function isOwnOrigin(origin: string, host: string | undefined, loopbackPort: number | undefined): boolean {
  if (!/^https?:\/\//.test(origin) || !URL.canParse(origin)) return false;
  const from = new URL(origin);
  // Written as a URL of the same scheme, so that a port left out means the same on both sides.
  if (new URL(`${from.protocol}//${host}`).host === from.host) return true;
  const name = from.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = Number(from.port || (from.protocol === "https:" ? 443 : 80));
  return loopbackPort === port && isLoopback(name);
}

function isFromForeignPage(method: string | undefined, headers: IncomingHttpHeaders): boolean {
  const site = headers["sec-fetch-site"];
  if (site === undefined || site === "same-origin" || site === "none") return false;
  const followsLink = headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";
  return !(method === "GET" && followsLink);
}

function forbidden(code: string, message: string): Refusal {
  return { status: 403, code, message };
}

function quoted(text: string | undefined): string {
  return text === undefined || text === "" ? "(none)" : JSON.stringify(text.slice(0, 200));
}
