import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { badKey } from "./known-failures.ts";
import { outputTokensOf, wholeMessage } from "./message-events.ts";
import { createPromptCache, read } from "./prompt-cache.ts";
import { createRateLimits, type RateLimitOptions } from "./rate-limits.ts";
import { says, type Reply } from "./replies.ts";
import { streamMessage, type Pace } from "./send-message.ts";
import { soundAnswer } from "./sound-answers.ts";
import { errorBody, frameOf, type WireRequest, type WireUsage } from "./wire.ts";

export interface LoopbackOptions extends Partial<Pace>, RateLimitOptions {
  /** What to do with a request that nothing was scripted for; by default a sound answer. */
  readonly respond?: (request: RecordedRequest) => Reply;
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** The only key that is accepted; any where it is left out. */
  readonly apiKey?: string;
  /** Milliseconds of the epoch, for the limits and the cache. */
  readonly now?: () => number;
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: WireRequest;
  /** When how many characters of the answer's text were handed to the socket, by `performance.now()`. */
  readonly sent: readonly { readonly characters: number; readonly at: number }[];
  /** Resolves with the moment at which so many characters have been sent. */
  sentUpTo(characters: number): Promise<number>;
  /** Resolves once the response is over; says whether the client left before it was whole. */
  readonly ended: Promise<"answered" | "left">;
}

/** What answers have cost so far. */
export interface Billed {
  answers: number;
  /** At full price. */
  inputTokens: number;
  cacheWriteTokens: number;
  cacheReadTokens: number;
  outputTokens: number;
}

export interface LoopbackClaude {
  readonly baseURL: string;
  /** Everything asked so far, in order; counting tokens is not in it. */
  readonly requests: readonly RecordedRequest[];
  /** How often tokens were counted. */
  readonly counted: number;
  /** How often the limits had no place for a request. */
  readonly refused: number;
  readonly billed: Readonly<Billed>;
  /** Most answers that were under way at once. */
  readonly mostAtOnce: number;
  /** Replies for the next requests, one each; after them `respond` decides again. */
  script(...replies: readonly Reply[]): void;
  /** Takes back what was scripted and has not been asked for. */
  forget(): void;
  /** The next request that has not been waited for yet. */
  nextRequest(): Promise<RecordedRequest>;
  close(): Promise<void>;
}

/**
 * A server on 127.0.0.1 that speaks Anthropic's Messages API as far as the SDK can tell, its prompt cache and its limits
 * included. It replies with what was scripted, else with what `respond` makes of the request.
 */
export async function startLoopbackClaude(options: LoopbackOptions = {}): Promise<LoopbackClaude> {
  const { respond = ({ body }) => says(soundAnswer(body)), now = Date.now } = options;
  const cache = createPromptCache(now);
  const limits = createRateLimits(options, now);
  const requests: RecordedRequest[] = [];
  const scripted: Reply[] = [];
  const arrived: RecordedRequest[] = [];
  const waiting: ((request: RecordedRequest) => void)[] = [];
  const billed: Billed = { answers: 0, inputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0, outputTokens: 0 };
  let counted = 0;
  let refused = 0;
  let atOnce = 0;
  let mostAtOnce = 0;

  const server = createServer(async (incoming, response) => {
    const { pathname } = new URL(incoming.url ?? "/", "http://loopback");
    const text = await readText(incoming);
    const body: WireRequest = text === "" ? {} : JSON.parse(text);
    const accepted = options.apiKey === undefined || incoming.headers.authorization === `Bearer ${options.apiKey}`;
    if (accepted && incoming.method === "POST" && pathname === "/v1/messages/count_tokens") {
      counted += 1;
      response.writeHead(200, { "content-type": "application/json", "request-id": `req_count_${counted}` });
      response.end(JSON.stringify({ input_tokens: read(body).total }));
      return;
    }
    const { request, onText } = record(incoming.method ?? "", pathname, incoming.headers, body, response);
    requests.push(request);
    response.setHeader("request-id", `req_${requests.length}`);
    const id = `msg_${requests.length}`;
    const reply = accepted ? replyTo(request) : badKey();
    const waiter = waiting.shift();
    if (waiter === undefined) arrived.push(request);
    else waiter(request);
    atOnce += 1;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    void request.ended.then(() => (atOnce -= 1));
    await send(response, reply, request, id, onText);
  });

  function replyTo(request: RecordedRequest): Reply {
    if (request.method !== "POST" || request.path !== "/v1/messages") {
      return error(404, "not_found_error", `No such path: ${request.path}`);
    }
    const { input_tokens, cache_creation_input_tokens } = cache.bill(request.body);
    const waitSeconds = limits.admit(input_tokens + cache_creation_input_tokens);
    if (waitSeconds !== null) {
      refused += 1;
      const message = "This request would exceed your organization's rate limit.";
      return error(429, "rate_limit_error", message, { "retry-after": `${waitSeconds}` });
    }
    return scripted.shift() ?? respond(request);
  }

  async function send(
    response: ServerResponse,
    reply: Reply,
    { body }: RecordedRequest,
    id: string,
    onText: (characters: number) => void,
  ): Promise<void> {
    const headers = limits.headers();
    switch (reply.kind) {
      case "error": {
        response.writeHead(reply.status, { ...headers, "content-type": "application/json", ...reply.headers });
        response.end(errorBody(reply.type, reply.message, `${response.getHeader("request-id")}`, reply.details));
        return;
      }
      case "raw":
        response.writeHead(reply.status, { "content-type": reply.contentType });
        response.end(reply.body);
        return;
      case "hang":
        if (reply.after === "nothing") return;
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write("event: message_start\n");
        return;
      case "break":
        if (reply.after === "nothing") {
          response.destroy();
          return;
        }
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(frameOf({ type: "ping" }).slice(0, 9), () => response.destroy());
        return;
      case "message": {
        const bill = cache.bill(body);
        const output = outputTokensOf(reply.text, reply.options);
        const usage: WireUsage = { ...bill, output_tokens: output, ...reply.options.usage };
        const message = { id, model: body.model ?? "unknown", text: reply.text, options: reply.options, usage };
        const onStart = (): void => {
          cache.keep(body);
          billed.answers += 1;
          billed.inputTokens += usage.input_tokens;
          billed.cacheWriteTokens += usage.cache_creation_input_tokens;
          billed.cacheReadTokens += usage.cache_read_input_tokens;
        };
        let written = 0;
        const onTokens = (tokens: number): void => {
          const whole = Math.ceil(written + tokens) - Math.ceil(written);
          written += tokens;
          billed.outputTokens += whole;
          limits.spend(whole);
        };
        if (body.stream !== true) {
          onStart();
          onTokens(output);
          response.writeHead(200, { ...limits.headers(), "content-type": "application/json" });
          response.end(JSON.stringify(wholeMessage(message)));
          return;
        }
        const { latencyMs = options.latencyMs ?? 0, tokensPerSecond = options.tokensPerSecond ?? Infinity } =
          reply.options;
        await streamMessage(response, message, { latencyMs, tokensPerSecond }, headers, { onStart, onText, onTokens });
      }
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    baseURL: `http://127.0.0.1:${port}`,
    requests,
    billed,
    get counted() {
      return counted;
    },
    get refused() {
      return refused;
    },
    get mostAtOnce() {
      return mostAtOnce;
    },
    script: (...replies) => void scripted.push(...replies),
    forget: () => void scripted.splice(0),
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

function error(status: number, type: string, message: string, headers: Record<string, string> = {}): Reply {
  return { kind: "error", status, type, message, headers, details: undefined };
}

/** A request's record, and what is to be called as its answer goes out. */
function record(
  method: string,
  path: string,
  headers: IncomingHttpHeaders,
  body: WireRequest,
  response: ServerResponse,
): { readonly request: RecordedRequest; readonly onText: (characters: number) => void } {
  const sent: { characters: number; at: number }[] = [];
  const waiting: { readonly characters: number; readonly resolve: (at: number) => void }[] = [];
  const ended = new Promise<"answered" | "left">((resolve) => {
    response.once("close", () => resolve(response.writableFinished ? "answered" : "left"));
  });
  const request: RecordedRequest = {
    method,
    path,
    headers,
    body,
    sent,
    ended,
    sentUpTo(characters) {
      const already = sent.find((each) => each.characters >= characters);
      if (already !== undefined) return Promise.resolve(already.at);
      return new Promise((resolve) => waiting.push({ characters, resolve }));
    },
  };
  return {
    request,
    onText(characters) {
      const at = performance.now();
      sent.push({ characters, at });
      for (const each of waiting) if (each.characters <= characters) each.resolve(at);
    },
  };
}
