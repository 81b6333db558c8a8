import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";

/** A file of a page, ready to be sent. */
export interface PackedFile {
  readonly type: string;
  readonly gzipped: Buffer;
  readonly tag: string;
}

/** Nothing from elsewhere, no script within the page, no frame around it. Monaco, GraphiQL's editor, writes its styles into the page. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Packs a text that is served as `type`. */
export async function pack(type: string, text: string): Promise<PackedFile> {
  const gzipped = await promisify(gzip)(text);
  return { type, gzipped, tag: `"${createHash("sha256").update(gzipped).digest("base64url").slice(0, 16)}"` };
}

/** Answers with the file; with nothing but 304 where the browser has it already, which it asks each time. */
export async function sendFile(request: IncomingMessage, response: ServerResponse, file: PackedFile): Promise<void> {
  const { type, gzipped, tag } = file;
  response.setHeader("etag", tag);
  response.setHeader("cache-control", "no-cache");
  response.setHeader("content-security-policy", POLICY);
  response.setHeader("referrer-policy", "no-referrer");
  response.appendHeader("vary", "accept-encoding");
  if (request.headers["if-none-match"] === tag) {
    response.writeHead(304).end();
    return;
  }
  const zipped = String(request.headers["accept-encoding"]).includes("gzip");
  const body = zipped ? gzipped : await promisify(gunzip)(gzipped);
  if (zipped) response.setHeader("content-encoding", "gzip");
  response.writeHead(200, { "content-type": type, "content-length": body.length });
  response.end(request.method === "HEAD" ? undefined : body);
}
