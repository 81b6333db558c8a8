import { APIError, type Anthropic } from "@anthropic-ai/sdk";
import { GenerationError, type Usage } from "../generator.ts";
import { toGenerationError } from "./failures.ts";
import type { Provider } from "./provider.ts";
import { expectWhole, readReply } from "./read-reply.ts";

/** Where calls are told of: never a key, a story or an answer, only their outlines. */
export interface CallLog {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
}

/** What stays the same over all calls of a generator. */
export interface Asker {
  readonly client: Anthropic;
  readonly provider: Provider;
  readonly model: string;
  /** Longest time for one call, to its last byte, in milliseconds. */
  readonly deadlineMs: number;
  readonly log: CallLog | null;
}

/** One question: the rules, the turns so far, and the schema that the answer is written in. */
export interface Question {
  readonly system: string;
  readonly messages: Anthropic.MessageParam[];
  readonly schema: Record<string, unknown>;
}

/** Room for a fine split and the thinking before it; what is not used costs nothing. */
const MAX_TOKENS = 16_000;

/**
 * Asks once and gives the text of a whole answer. What was spent goes to `onUsage` as soon as it is known, for an
 * answer that turns out to be cut off or refused too.
 * @throws GenerationError for every failure, the deadline included
 * @throws the signal's reason where the caller aborted
 */
export async function ask(
  asker: Asker,
  question: Question,
  { signal, onUsage }: { readonly signal: AbortSignal; readonly onUsage: (spent: Usage) => void },
): Promise<string> {
  const { client, provider, model, deadlineMs, log } = asker;
  signal.throwIfAborted();
  const started = performance.now();
  const deadline = AbortSignal.timeout(deadlineMs);
  const took = (): number => Math.round(performance.now() - started);

  let received: unknown;
  try {
    received = await client.messages.create(
      {
        model,
        max_tokens: MAX_TOKENS,
        system: question.system,
        messages: question.messages,
        output_config: { effort: "medium", format: { type: "json_schema", schema: question.schema } },
      },
      // The SDK's own timeout ends with the headers; ours covers the body as well, and is to be the one that strikes.
      { signal: AbortSignal.any([signal, deadline]), timeout: 2 * deadlineMs },
    );
  } catch (error) {
    // Both signals look alike to the SDK, and a body that was cut off by them like any other.
    signal.throwIfAborted();
    const { status, type, errorCode, requestID } = error instanceof APIError ? error : NO_DETAILS;
    log?.warn(
      { model, status, type, errorCode, requestId: requestID, durationMs: took(), late: deadline.aborted },
      "a call to the model failed",
    );
    if (deadline.aborted) {
      throw new GenerationError(
        `${model} did not finish its answer within ${Math.ceil(deadlineMs / 1000)} s. Retry the run in a while, or choose a coarser mode.`,
        { cause: error },
      );
    }
    throw toGenerationError(error, provider, model);
  }

  const reply = readReply(received, provider);
  if (reply.usage !== null) onUsage(reply.usage);
  log?.info({ model, stopReason: reply.stopReason, usage: reply.usage, durationMs: took() }, "the model answered");
  signal.throwIfAborted();
  expectWhole(reply, model);
  return reply.text;
}

const NO_DETAILS = { status: undefined, type: undefined, errorCode: undefined, requestID: undefined };
