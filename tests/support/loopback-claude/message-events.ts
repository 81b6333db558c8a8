import type { MessageOptions } from "./replies.ts";
import type { WireEvent, WireUsage } from "./wire.ts";

const SIGNATURE = "c2lnbmF0dXJl";
const CHARACTERS_PER_DELTA = 12;

/** An event, with what it adds to the answer. */
export interface TimedEvent {
  readonly event: WireEvent;
  /** A part of one where it is short. */
  readonly tokens: number;
  /** Characters of the answer's text that have come with it and before it; null before the first. */
  readonly characters: number | null;
}

export interface Message {
  readonly id: string;
  readonly model: string;
  readonly text: string;
  readonly options: MessageOptions;
  readonly usage: WireUsage;
}

/** The events of an answer's stream, in order: thinking first, pings in between, totals at the end. */
export function* eventsOf(message: Message): Generator<TimedEvent> {
  const { id, model, text, options, usage } = message;
  const thinking = thinkingOf(options);
  const start = { id, type: "message", role: "assistant", model, content: [] };
  const opened = options.bare
    ? start
    : {
        ...start,
        stop_reason: null,
        stop_sequence: null,
        stop_details: null,
        usage: { ...usageOf(usage), output_tokens: 1 },
      };
  yield plain({ type: "message_start", message: opened });

  let index = 0;
  if (thinking !== null) {
    yield plain({
      type: "content_block_start",
      index,
      content_block: { type: "thinking", thinking: "", signature: "" },
    });
    yield plain({ type: "ping" });
    for (const piece of piecesOf(thinking, options.charactersPerDelta ?? CHARACTERS_PER_DELTA)) {
      yield {
        event: { type: "content_block_delta", index, delta: { type: "thinking_delta", thinking: piece } },
        tokens: bytesOf(piece) / 4,
        characters: null,
      };
    }
    yield plain({ type: "content_block_delta", index, delta: { type: "signature_delta", signature: SIGNATURE } });
    yield plain({ type: "content_block_stop", index });
    index += 1;
  }
  yield plain({ type: "content_block_start", index, content_block: { type: "text", text: "", citations: null } });
  yield plain({ type: "ping" });
  let characters = 0;
  for (const piece of piecesOf(text, options.charactersPerDelta ?? CHARACTERS_PER_DELTA)) {
    if (options.pings === true) yield plain({ type: "ping" });
    characters += piece.length;
    const event = { type: "content_block_delta", index, delta: { type: "text_delta", text: piece } };
    yield { event, tokens: bytesOf(piece) / 4, characters };
  }
  yield plain({ type: "content_block_stop", index });
  if (!options.bare) {
    const ending = {
      stop_reason: options.stopReason ?? "end_turn",
      stop_sequence: null,
      stop_details: options.stopDetails ?? null,
    };
    yield plain({ type: "message_delta", delta: ending, usage });
  } else {
    yield plain({ type: "message_delta", delta: {} });
  }
  yield plain({ type: "message_stop" });
}

/** The same as one message, for a request that asks for no stream. */
export function wholeMessage({ id, model, text, options, usage }: Message): Record<string, unknown> {
  const thinking = thinkingOf(options);
  const content = [
    ...(thinking === null ? [] : [{ type: "thinking", thinking, signature: SIGNATURE }]),
    { type: "text", text, citations: null },
  ];
  const message = { id, type: "message", role: "assistant", model, content };
  if (options.bare) return message;
  return {
    ...message,
    stop_reason: options.stopReason ?? "end_turn",
    stop_sequence: null,
    stop_details: options.stopDetails ?? null,
    usage: usageOf(usage),
  };
}

/** What an answer takes to write: its text and the thinking before it. */
export function outputTokensOf(text: string, options: MessageOptions): number {
  return Math.ceil((bytesOf(text) + bytesOf(thinkingOf(options) ?? "")) / 4);
}

function thinkingOf(options: MessageOptions): string | null {
  return options.thinking === undefined ? "Let me think about this one." : options.thinking;
}

function usageOf(usage: WireUsage): Record<string, unknown> {
  return {
    ...usage,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cache_creation_input_tokens,
      ephemeral_1h_input_tokens: 0,
    },
    service_tier: "standard",
  };
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}

function plain(event: WireEvent): TimedEvent {
  return { event, tokens: 0, characters: null };
}

function* piecesOf(text: string, length: number): Generator<string> {
  for (let at = 0; at < text.length; at += length) yield text.slice(at, at + length);
}
