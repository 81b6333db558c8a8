import { APIError, type Anthropic } from "@anthropic-ai/sdk";
import { Stream } from "@anthropic-ai/sdk/core/streaming";
import type { ProviderLimits, Usage } from "../generator.ts";
import { watchCall, type CallWatch } from "./call-watch.ts";
import { causeOf, framesOf, NoAnswer, toGenerationError } from "./failures.ts";
import { limitsOf } from "./limits.ts";
import type { PrefixGate } from "./prefix-gate.ts";
import { costOf, isFree, priceOf, type PriceTable } from "./prices.ts";
import type { Provider } from "./provider.ts";
import { createReplyReader, NO_TOKENS, type Reply, type ReplyReader } from "./reply.ts";

/** Where calls are told of: never a key, a story or an answer, only their outlines. */
export interface CallLog {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
}

/** Hears how each call ended, repairs and retries included; "aborted" where we broke it off. Must not throw. */
export interface CallObserver {
  callEnded(call: {
    readonly model: string;
    readonly outcome: "succeeded" | "failed" | "throttled" | "aborted";
    readonly durationMs: number;
  }): void;
}

export type ThinkingEffort = "low" | "medium" | "high" | "xhigh" | "max";

/** What stays the same over all calls of a request. */
export interface Caller {
  readonly client: Anthropic;
  readonly provider: Provider;
  readonly model: string;
  readonly effort: ThinkingEffort;
  readonly prices: PriceTable;
  readonly patience: { readonly firstMs: number; readonly silenceMs: number; readonly totalMs: number };
  /** Milliseconds of the epoch. */
  readonly now: () => number;
  readonly gate: PrefixGate;
  readonly log: CallLog | null;
  readonly observer: CallObserver | null;
}

/** One question: the rules, the turns so far, the schema that the answer is written in, the room it has. */
export interface Question {
  readonly system: string;
  readonly messages: Anthropic.MessageParam[];
  readonly schema: Record<string, unknown>;
  readonly maxTokens: number;
}

/** Who asks: whether it may wait for the cache, when it gives up, and what it wants to hear. */
export interface CallEvents {
  readonly signal: AbortSignal;
  /** See `SplitRequest`. */
  readonly waitsForCache: boolean;
  /** Each piece of the answer's text, as it comes. */
  readonly onText: (piece: string) => void;
  readonly onUsage: (spent: Usage) => void;
  readonly onLimits: (limits: ProviderLimits) => void;
}

/**
 * Asks once and gives the whole reply, read as it streams in. What was spent is told when the call is over, however it
 * ended: see `Reply.tokens`; the limits as soon as they are known.
 * @throws GenerationError for every failure, silence and lateness included
 * @throws the signal's reason where the caller aborted
 */
export async function callClaude(caller: Caller, question: Question, events: CallEvents): Promise<Reply> {
  const { client, provider, model, log } = caller;
  const { signal, onText, onUsage, onLimits } = events;
  signal.throwIfAborted();
  const prefix = JSON.stringify([model, question.system, question.messages[0]?.content[0]]);
  using passage = await caller.gate.enter(prefix, { signal, waits: events.waitsForCache });
  const started = performance.now();
  const reader = createReplyReader(onText);
  using watch = watchCall(signal, caller.patience);
  let requestId: string | null = null;
  try {
    const response = await client.messages
      .create(
        {
          model,
          max_tokens: question.maxTokens,
          system: question.system,
          messages: question.messages,
          output_config: { effort: caller.effort, format: { type: "json_schema", schema: question.schema } },
          stream: true,
        },
        // The SDK's own timeout ends with the headers; ours covers the stream as well, and is to be the one that strikes.
        { signal: watch.signal, timeout: 2 * caller.patience.totalMs },
      )
      .asResponse();
    watch.heard();
    passage.begun();
    requestId = response.headers.get("request-id");
    const limits = limitsOf(response.headers);
    if (limits !== null) onLimits(limits);
    await read(response, reader, watch);
  } catch (error) {
    const limits = error instanceof APIError && error.headers !== undefined ? limitsOf(error.headers) : null;
    if (limits !== null) onLimits(limits);
    tellUsage(reader.reply);
    const { status, type, errorCode, requestID } = error instanceof APIError ? error : NO_DETAILS;
    requestId ??= requestID ?? null;
    // An abort looks like any other broken connection: whose it was, the signal says.
    const gaveUp = watch.signal.aborted;
    const durationMs = Math.round(performance.now() - started);
    const cause: unknown = gaveUp ? watch.signal.reason : error;
    const failed = { model, status, type, errorCode, requestId, durationMs };
    if (signal.aborted) log?.info(failed, "a call to the model was broken off: nobody waits for it any more");
    else log?.warn({ ...failed, cause: causeOf(cause), frames: framesOf(cause) }, "a call to the model failed");
    const failure = toGenerationError(cause, { provider, model, reply: reader.reply, now: caller.now() });
    const outcome = signal.aborted ? "aborted" : failure.retry?.throttled ? "throttled" : "failed";
    caller.observer?.callEnded({ model, outcome, durationMs });
    signal.throwIfAborted();
    throw failure;
  }
  const { reply } = reader;
  tellUsage(reply);
  const durationMs = Math.round(performance.now() - started);
  log?.info({ model, stopReason: reply.stopReason, tokens: reply.tokens, requestId, durationMs }, "the model answered");
  caller.observer?.callEnded({ model, outcome: "succeeded", durationMs });
  signal.throwIfAborted();
  return reply;

  /** A server that does not tell what an answer took leaves its cost unknown, unless the model costs nothing. */
  function tellUsage({ tokens, told, whole }: Reply): void {
    if (tokens === null && !whole) return;
    const spent = tokens ?? NO_TOKENS;
    const price = priceOf(model, caller.prices);
    onUsage({ ...spent, costUsd: told ? costOf(spent, price) : isFree(price) ? 0 : null });
  }
}

const NO_DETAILS = { status: undefined, type: undefined, errorCode: undefined, requestID: undefined };

/**
 * Reads the reply to its end: a stream of events, with or without lines that name them, or a message as a whole from a
 * server that does not stream. Not through the SDK's `MessageStream`: it fails on a reply without `usage`, drops events
 * without a name, and hides what shows that a connection is alive.
 */
async function read(response: Response, reader: ReplyReader, watch: CallWatch): Promise<void> {
  if (response.body === null) throw new NoAnswer("nothing");
  const type = response.headers.get("content-type")?.split(";")[0]?.trim() ?? "";
  if (type !== "" && type !== "text/event-stream" && !type.endsWith("json")) {
    await response.body.cancel();
    throw new NoAnswer("a web page or plain text");
  }
  const alive = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      // Pings are signs of life too: while a model thinks, nothing else may come.
      watch.heard();
      controller.enqueue(chunk);
    },
  });
  const { headers } = response;
  const heard = new Response(response.body.pipeThrough(alive), { headers });
  if (type.endsWith("json")) {
    const text = await heard.text();
    if (text.trim() === "") throw new NoAnswer("nothing");
    if (!reader.takeMessage(parsed(text))) throw new NoAnswer("something else");
    return;
  }
  let events = 0;
  for await (const { event, data } of Stream.rawEvents(heard)) {
    events += 1;
    if (data === "" || data === "[DONE]") continue;
    const told = parsed(data);
    if (event === "error" || typeOf(told) === "error") {
      throw new APIError(undefined, told as object, undefined, headers);
    }
    reader.takeEvent(told);
  }
  if (!reader.reply.whole) throw new NoAnswer(events === 0 ? "nothing" : "a part");
}

/** The error of `JSON.parse` quotes what it could not read, and would carry an answer into logs: ours takes its place. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new NoAnswer("a part");
  }
}

function typeOf(event: unknown): unknown {
  return typeof event === "object" && event !== null && "type" in event ? event.type : undefined;
}
