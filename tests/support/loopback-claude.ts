import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";

/** What the server does with one request. */
export type Reply =
  | { readonly kind: "message"; readonly text: string; readonly options: MessageOptions }
  | { readonly kind: "raw"; readonly status: number; readonly headers: Record<string, string>; readonly body: string }
  | { readonly kind: "hang"; readonly after: "nothing" | "headers" }
  | { readonly kind: "break"; readonly after: "nothing" | "half" };

export interface MessageOptions {
  readonly stopReason?: string;
  readonly stopDetails?: Record<string, unknown>;
  /** What stands in the thinking block before the text; null for an answer without one. */
  readonly thinking?: string | null;
  readonly usage?: Partial<WireUsage>;
  /** Leaves the fields out that compatible servers do not send. */
  readonly bare?: boolean;
}

export interface WireUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
}

/** An answer with this text. */
export function says(text: string, options: MessageOptions = {}): Reply {
  return { kind: "message", text, options };
}

/** An answer with this JSON. */
export function answers(json: unknown, options: MessageOptions = {}): Reply {
  return says(JSON.stringify(json), options);
}

/** An error as the API words it. */
export function fails(
  status: number,
  type: string,
  message: string,
  {
    headers = {},
    details,
  }: { readonly headers?: Record<string, string>; readonly details?: Record<string, unknown> } = {},
): Reply {
  const error = { type, message, ...(details === undefined ? {} : { details }) };
  return {
    kind: "raw",
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ type: "error", error, request_id: "req_of_body" }),
  };
}

/** Any other response, sent as it is. */
export function sends(status: number, contentType: string, body: string): Reply {
  return { kind: "raw", status, headers: { "content-type": contentType }, body };
}

/** Silence: before the headers, or after them. */
export function hangs(after: "nothing" | "headers" = "nothing"): Reply {
  return { kind: "hang", after };
}

/** A socket that is destroyed: at once, or in the middle of the body. */
export function breaks(after: "nothing" | "half" = "nothing"): Reply {
  return { kind: "break", after };
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
  /** Resolves once the response is over; says whether the client left before it was whole. */
  readonly ended: Promise<"answered" | "left">;
}

export interface LoopbackClaude {
  readonly baseURL: string;
  /** Everything asked so far, in order. */
  readonly requests: readonly RecordedRequest[];
  /** Replies for the next requests, one each; after them `respond` decides again. */
  script(...replies: readonly Reply[]): void;
  /** The next request that has not been waited for yet. */
  nextRequest(): Promise<RecordedRequest>;
  close(): Promise<void>;
}

/**
 * A server on 127.0.0.1 that speaks Anthropic's Messages API as far as the SDK can tell. It replies with what was
 * scripted, else with what `respond` makes of the request.
 */
export async function startLoopbackClaude(
  respond: (request: RecordedRequest) => Reply = () =>
    fails(500, "api_error", "No reply was scripted for this request."),
): Promise<LoopbackClaude> {
  const requests: RecordedRequest[] = [];
  const scripted: Reply[] = [];
  const arrived: RecordedRequest[] = [];
  const waiting: ((request: RecordedRequest) => void)[] = [];

  const server = createServer(async (incoming, response) => {
    const ended = new Promise<"answered" | "left">((resolve) => {
      response.once("close", () => resolve(response.writableFinished ? "answered" : "left"));
    });
    const sent = await readText(incoming);
    const request: RecordedRequest = {
      method: incoming.method ?? "",
      path: incoming.url ?? "",
      headers: incoming.headers,
      body: sent === "" ? {} : JSON.parse(sent),
      ended,
    };
    requests.push(request);
    const waiter = waiting.shift();
    if (waiter === undefined) arrived.push(request);
    else waiter(request);

    response.setHeader("request-id", `req_${requests.length}`);
    if (request.method !== "POST" || request.path !== "/v1/messages") {
      send(response, fails(404, "not_found_error", `No such path: ${request.path}`), request);
    } else {
      send(response, scripted.shift() ?? respond(request), request);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    baseURL: `http://127.0.0.1:${port}`,
    requests,
    script: (...replies) => void scripted.push(...replies),
    nextRequest() {
      const request = arrived.shift();
      return request === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(request);
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
    },
  };
}

function send(response: ServerResponse, reply: Reply, request: RecordedRequest): void {
  switch (reply.kind) {
    case "message":
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(messageOf(reply.text, reply.options, String(request.body["model"]))));
      return;
    case "raw":
      response.writeHead(reply.status, reply.headers);
      response.end(reply.body);
      return;
    case "hang":
      if (reply.after === "headers") {
        response.writeHead(200, { "content-type": "application/json" });
        response.write('{"id":"msg_');
      }
      return;
    case "break":
      if (reply.after === "nothing") {
        response.destroy();
        return;
      }
      response.writeHead(200, { "content-type": "application/json" });
      response.write('{"id":"msg_', () => response.destroy());
  }
}

function messageOf(text: string, options: MessageOptions, model: string): Record<string, unknown> {
  const thinking = options.thinking === undefined ? "Let me think about this story." : options.thinking;
  const content = [
    ...(thinking === null ? [] : [{ type: "thinking", thinking, signature: "c2lnbmF0dXJl" }]),
    { type: "text", text, citations: null },
  ];
  const message = { id: "msg_loopback", type: "message", role: "assistant", model, content };
  if (options.bare === true) return message;
  return {
    ...message,
    stop_reason: options.stopReason ?? "end_turn",
    stop_sequence: null,
    stop_details: options.stopDetails ?? null,
    usage: {
      input_tokens: 1200,
      output_tokens: 800,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      service_tier: "standard",
      ...options.usage,
    },
  };
}
