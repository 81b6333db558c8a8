import { z } from "zod";
import { GenerationError, type Usage } from "../generator.ts";
import type { Provider } from "./provider.ts";

const tokens = z.int().nonnegative().catch(0);

/** Of a reply, what is read here. Compatible servers leave out usage and stop_reason. */
const replyShape = z.object({
  content: z.array(z.object({ type: z.string(), text: z.string().optional() })),
  stop_reason: z.string().nullish(),
  stop_details: z.object({ category: z.string().nullish() }).nullish().catch(null),
  usage: z
    .object({
      input_tokens: tokens,
      output_tokens: tokens,
      cache_read_input_tokens: tokens,
      cache_creation_input_tokens: tokens,
    })
    .nullish()
    .catch(null),
});

/** A reply as far as it matters: whether it is whole, what it says, what it cost. */
export interface Reply {
  readonly text: string;
  readonly stopReason: string | null;
  readonly refusal: string | null;
  readonly usage: Usage | null;
}

/**
 * Reads what the SDK gives back for a successful call, which is whatever the server sent.
 * @throws GenerationError where that is no message of this API: a page of a proxy, for instance
 */
export function readReply(reply: unknown, provider: Provider): Reply {
  const parsed = replyShape.safeParse(reply);
  if (!parsed.success) {
    const what = typeof reply === "string" ? "a web page or plain text" : "something else";
    throw new GenerationError(
      `${provider.name} sent ${what} instead of a model's answer. Check ANTHROPIC_BASE_URL and any proxy in between.`,
    );
  }
  const { content, stop_reason, stop_details, usage } = parsed.data;
  return {
    // By type and not by place: a thinking block comes first.
    text: content.flatMap((block) => (block.type === "text" ? (block.text ?? "") : [])).join(""),
    stopReason: stop_reason ?? null,
    refusal: stop_details?.category ?? null,
    usage: usage
      ? {
          inputTokens: usage.input_tokens,
          outputTokens: usage.output_tokens,
          cacheReadTokens: usage.cache_read_input_tokens,
          cacheWriteTokens: usage.cache_creation_input_tokens,
          costUsd: null,
        }
      : null,
  };
}

/**
 * Nothing where a reply came to its own end.
 * @throws GenerationError where it was refused or cut off, so that its text is not even to be parsed
 */
export function expectWhole({ stopReason, refusal }: Reply, model: string): void {
  if (stopReason === "refusal") {
    const why = refusal === null ? "" : ` (${refusal})`;
    throw new GenerationError(`${model} declined to work on this story${why}. Reword the story, or use another MODEL.`);
  }
  if (stopReason === "max_tokens") {
    throw new GenerationError(
      `The answer of ${model} grew too long and was cut off. Split the story into smaller ones, or choose a coarser mode.`,
    );
  }
  if (stopReason === "model_context_window_exceeded") {
    throw new GenerationError(
      `The story and its context are more than ${model} can take in. Shorten the project's context or the story.`,
    );
  }
}

/** The JSON that a reply consists of, or null where it is none. A Markdown fence around all of it is let pass. */
export function parseJson(text: string): { readonly value: unknown } | null {
  const bare = /^\s*```(?:json)?\s*\n(?<json>.*)\n\s*```\s*$/su.exec(text)?.groups?.["json"] ?? text;
  try {
    return { value: JSON.parse(bare) };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
