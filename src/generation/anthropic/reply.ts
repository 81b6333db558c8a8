import { z } from "zod";
import { cutAtWord } from "../../backlog/characters.ts";
import { GenerationError, type Usage } from "../generator.ts";
import { tokensByLength } from "./tokens-by-length.ts";

export type Tokens = Omit<Usage, "costUsd">;

export const NO_TOKENS: Tokens = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

/** A reply as far as it matters: what it says, how it ended, what it took. Compatible servers leave some of it out. */
export interface Reply {
  readonly text: string;
  readonly stopReason: string | null;
  /** What kind of refusal it is. */
  readonly refusal: string | null;
  /**
   * What it took; null where nothing was told and nothing came. A provider tells what was written at the end: of a reply
   * that broke off before, it is reckoned from the length of what came, and never less than what was told.
   */
  readonly tokens: Tokens | null;
  /** Whether the provider has told of what went in. */
  readonly told: boolean;
  /** Whether it came to its own end. */
  readonly whole: boolean;
}

/** Puts a reply together from what the server sends. */
export interface ReplyReader {
  readonly reply: Reply;
  /** The data of one event of a stream; what is unknown is passed over. */
  takeEvent(event: unknown): void;
  /** A message sent as a whole, by a server that does not stream; false where it is none. */
  takeMessage(message: unknown): boolean;
}

const count = z.int().nonnegative().nullish().catch(null);
const usageShape = z
  .object({
    input_tokens: count,
    output_tokens: count,
    cache_read_input_tokens: count,
    cache_creation_input_tokens: count,
  })
  .nullish()
  .catch(null);
const ending = {
  stop_reason: z.string().nullish().catch(null),
  stop_details: z.object({ category: z.string().nullish() }).nullish().catch(null),
};
const piece = z.string().optional().catch(undefined);
const block = z.object({ type: z.string(), text: piece, thinking: piece, signature: piece });
const messageShape = z.object({ content: z.array(block), usage: usageShape, ...ending });
const eventShapes = z.discriminatedUnion("type", [
  z.object({ type: z.literal("message_start"), message: z.object({ usage: usageShape }) }),
  z.object({ type: z.literal("content_block_start"), content_block: block }),
  z.object({ type: z.literal("content_block_delta"), delta: block }),
  z.object({ type: z.literal("message_delta"), delta: z.object(ending), usage: usageShape }),
  z.object({ type: z.literal("message_stop") }),
]);

/** @param onText gets each piece of the answer's text as it comes, and of no other block: thinking comes first. */
export function createReplyReader(onText: (piece: string) => void): ReplyReader {
  let text = "";
  let stopReason: string | null = null;
  let refusal: string | null = null;
  let tokens: Tokens | null = null;
  let whole = false;
  /** Tokens by the length of all that came; and whether the provider has told how many they are. */
  let written = 0;
  let counted = false;

  function take({ type, text: said = "", thinking = "", signature = "" }: z.infer<typeof block>): void {
    // What is shown of the thinking may be an outline; the signature holds all of it.
    written += tokensByLength(said) + tokensByLength(thinking) + tokensByLength(signature);
    if (said === "" || (type !== "text" && type !== "text_delta")) return;
    text += said;
    onText(said);
  }

  function tokensTaken(): Tokens | null {
    if (counted || written === 0) return tokens;
    const { outputTokens, ...rest } = tokens ?? NO_TOKENS;
    return { ...rest, outputTokens: Math.max(outputTokens, Math.ceil(written)) };
  }

  /** The counts of an event are totals, and those that do not apply are left out: present ones replace earlier ones. */
  function spend(usage: z.infer<typeof usageShape>): void {
    if (!usage) return;
    tokens = {
      inputTokens: usage.input_tokens ?? tokens?.inputTokens ?? 0,
      outputTokens: usage.output_tokens ?? tokens?.outputTokens ?? 0,
      cacheReadTokens: usage.cache_read_input_tokens ?? tokens?.cacheReadTokens ?? 0,
      cacheWriteTokens: usage.cache_creation_input_tokens ?? tokens?.cacheWriteTokens ?? 0,
    };
  }

  function spendAll(usage: z.infer<typeof usageShape>): void {
    spend(usage);
    counted ||= typeof usage?.output_tokens === "number";
  }

  function end(told: { stop_reason?: string | null; stop_details?: { category?: string | null } | null }): void {
    stopReason = told.stop_reason ?? stopReason;
    refusal = told.stop_details?.category ?? refusal;
  }

  return {
    get reply() {
      return { text, stopReason, refusal, tokens: tokensTaken(), told: tokens !== null, whole };
    },
    takeEvent(event) {
      const parsed = eventShapes.safeParse(event);
      if (!parsed.success) return;
      const { data } = parsed;
      switch (data.type) {
        case "message_start":
          spend(data.message.usage);
          break;
        case "content_block_start":
          take(data.content_block);
          break;
        case "content_block_delta":
          take(data.delta);
          break;
        case "message_delta":
          spendAll(data.usage);
          end(data.delta);
          break;
        case "message_stop":
          whole = true;
      }
    },
    takeMessage(message) {
      const parsed = messageShape.safeParse(message);
      if (!parsed.success) return false;
      spendAll(parsed.data.usage);
      for (const each of parsed.data.content) take(each);
      end(parsed.data);
      whole = true;
      return true;
    },
  };
}

/**
 * Nothing where a reply may be parsed. An answer that reached `max_tokens` is for the caller to look at.
 * @throws GenerationError where it was refused, or did not fit into the model
 */
export function expectAnswer({ stopReason, refusal }: Reply, model: string): void {
  if (stopReason === "refusal") {
    const why = refusal === null ? "" : ` (${cutAtWord(refusal, 100)})`;
    throw new GenerationError(`${model} declined to work on this${why}. Reword it, or use another model.`);
  }
  if (stopReason === "model_context_window_exceeded") {
    throw new GenerationError(
      `What is to be worked on and its context are more than ${model} can take in. Shorten the project's context or the texts.`,
    );
  }
}

/**
 * The JSON that an answer consists of, or null where it is none. A Markdown fence around it, and words before and after,
 * are let pass: servers that keep to no schema let their models write both, and think aloud before.
 */
export function parseJson(text: string): { readonly value: unknown } | null {
  const said = text.replace(/^\s*<think>.*?<\/think>/su, "");
  return parsed(said) ?? parsed(said.slice(said.indexOf("{"), said.lastIndexOf("}") + 1));
}

function parsed(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
