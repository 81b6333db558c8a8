import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import { eventsOf, type Message } from "./message-events.ts";
import type { Breakage } from "./replies.ts";
import { frameOf } from "./wire.ts";

/** How fast a server answers. */
export interface Pace {
  /** Milliseconds to the first byte. */
  readonly latencyMs: number;
  readonly tokensPerSecond: number;
}

export interface SendEvents {
  /** The first event is on its way. */
  readonly onStart: () => void;
  /** So many characters of the text have been handed to the socket. */
  readonly onText: (characters: number) => void;
  readonly onTokens: (tokens: number) => void;
}

const PING_MS = 20;

/** Streams an answer, at its pace, whole or broken. Ends quietly where the client leaves. */
export async function streamMessage(
  response: ServerResponse,
  message: Message,
  pace: Pace,
  headers: Readonly<Record<string, string>>,
  events: SendEvents,
): Promise<void> {
  const { options } = message;
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const named = options.unnamed !== true;
  try {
    if (pace.latencyMs > 0) await wait(pace.latencyMs, undefined, { signal: gone.signal });
    response.writeHead(200, {
      ...headers,
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
    });
    response.flushHeaders();
    events.onStart();
    const began = performance.now();
    let written = 0;
    for (const { event, tokens, characters } of eventsOf(message)) {
      if (options.broken !== undefined && characters !== null && characters > options.broken.after) {
        await breakOff(response, options.broken.by, gone.signal);
        return;
      }
      written += tokens;
      const aheadMs = began + (written / pace.tokensPerSecond) * 1000 - performance.now();
      if (aheadMs > 1) await wait(aheadMs, undefined, { signal: gone.signal });
      await write(response, frameOf(event, named), options.bytesPerWrite, gone.signal);
      events.onTokens(tokens);
      if (characters !== null) events.onText(characters);
    }
    response.end();
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  }
}

async function breakOff(response: ServerResponse, by: Breakage, gone: AbortSignal): Promise<void> {
  if (by === "end") response.end();
  else if (by === "destroy") {
    // What was written before goes out first: the answer breaks in its middle and not before it.
    await nextTurn();
    response.destroy();
  } else if (by === "pings") {
    for (;;) {
      response.write(frameOf({ type: "ping" }));
      await wait(PING_MS, undefined, { signal: gone });
    }
  } else if (by !== "stall") {
    response.end(frameOf({ type: "error", error: by }));
  }
}

async function write(
  response: ServerResponse,
  frame: string,
  bytesPerWrite: number | undefined,
  gone: AbortSignal,
): Promise<void> {
  const bytes = Buffer.from(frame);
  const step = bytesPerWrite ?? bytes.length;
  for (let at = 0; at < bytes.length; at += step) {
    gone.throwIfAborted();
    const room = response.write(bytes.subarray(at, at + step));
    if (!room) await once(response, "drain", { signal: gone });
    else if (step < bytes.length) await nextTurn(undefined, { signal: gone });
  }
}
