import type {
  Estimate,
  EstimateRequest,
  GenerationMode,
  ItemCostRequest,
  RunContext,
  SplitRequest,
  StoryToSplit,
} from "../generator.ts";
import { GenerationError } from "../generator.ts";
import { type CountRange, STORY_COUNTS, SUBTASK_COUNTS } from "../modes.ts";
import type { Caller, ThinkingEffort } from "./call-claude.ts";
import { watchCall } from "./call-watch.ts";
import { toGenerationError } from "./failures.ts";
import { costOf, priceOf } from "./prices.ts";
import type { Prompt } from "./prompt.ts";
import { opening } from "./sound-answer.ts";
import { tokensByLength } from "./tokens-by-length.ts";

/** Calls to count tokens with; stories beyond them are told from those that were counted. */
const MOST_COUNTED = 5;
const COUNTING_MS = 10_000;
/** What a subtask or story and the thinking before a set take, and how fast it is written. */
const TOKENS = { entry: 190, perSecond: 70 };
const THINKING: Readonly<Record<ThinkingEffort, number>> = {
  low: 300,
  medium: 700,
  high: 2_000,
  xhigh: 5_000,
  max: 10_000,
};
/** What the rules and one item's own text take, where nobody has looked at either. */
const TOKENS_BESIDE_CONTEXT = 1_300;
const MS_BEFORE_FIRST = 1_500;
/** Prefixes that are shorter are not cached. */
const LEAST_CACHED = 512;

/** A prompt as it counts: what all stories of the run share, and the story's own. */
interface Sizes {
  readonly shared: number;
  readonly own: readonly number[];
  readonly exact: boolean;
}

/**
 * Tells what splitting stories will take. Where `counts` says that the provider can count tokens, it is asked for up to
 * five stories (all of them, or those at even steps from the shortest to the longest) and the rest is told from these;
 * else, and where counting fails for a passing reason, from the length.
 */
export function createEstimator(parts: {
  readonly schema: Record<string, unknown>;
  readonly promptFor: (input: Pick<SplitRequest, "context" | "story" | "mode">) => Prompt;
  readonly taskFor: (context: RunContext, story: StoryToSplit) => string;
  readonly counts: boolean;
}): (caller: Caller, request: EstimateRequest) => Promise<Estimate> {
  return async (caller, { context, stories, mode, signal }) => {
    signal.throwIfAborted();
    const [story] = stories;
    const first = story === undefined ? null : parts.promptFor({ context, story, mode });
    // What all stories share is written once: there may be thousands of them.
    const prompts = first === null ? [] : stories.map((each) => ({ ...first, task: parts.taskFor(context, each) }));
    const sizes = (parts.counts ? await countedSizes(caller, prompts, signal) : null) ?? sizesByLength(prompts);
    return summarize(caller, sizes, mode);
  };

  async function countedSizes(caller: Caller, prompts: readonly Prompt[], signal: AbortSignal): Promise<Sizes | null> {
    const [any] = prompts;
    if (any === undefined) return { shared: 0, own: [], exact: true };
    try {
      if (prompts.length <= MOST_COUNTED) {
        const whole = await Promise.all(prompts.map((prompt) => count(caller, prompt, signal)));
        const shared = Math.min(sharedByLength(any), ...whole);
        return { shared, own: whole.map((each) => each - shared), exact: true };
      }
      const shared = await count(caller, { ...any, task: "." }, signal);
      const sample = evenSteps(prompts, MOST_COUNTED - 1);
      const counted = await Promise.all(sample.map((prompt) => count(caller, prompt, signal)));
      const tokens = counted.reduce((sum, each) => sum + Math.max(0, each - shared), 0);
      const perCharacter = tokens / sample.reduce((sum, { task }) => sum + task.length, 0);
      return { shared, own: prompts.map(({ task }) => task.length * perCharacter), exact: false };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof GenerationError && !error.fatal) return null;
      throw error;
    }
  }

  async function count(caller: Caller, prompt: Prompt, signal: AbortSignal): Promise<number> {
    const patience = { firstMs: COUNTING_MS, silenceMs: COUNTING_MS, totalMs: COUNTING_MS };
    using watch = watchCall(signal, patience);
    const { client, provider, model } = caller;
    try {
      const counted = await client.messages.countTokens(
        {
          model,
          system: prompt.system,
          messages: opening(prompt),
          output_config: { format: { type: "json_schema", schema: parts.schema } },
        },
        { signal: watch.signal },
      );
      return counted.input_tokens;
    } catch (error) {
      signal.throwIfAborted();
      const reply = { text: "", stopReason: null, refusal: null, tokens: null, told: false, whole: false };
      const cause: unknown = watch.signal.aborted ? watch.signal.reason : error;
      throw toGenerationError(cause, { provider, model, reply, now: caller.now() });
    }
  }
}

/** What one item of a run will about cost: the first one, that writes what all share into the cache. Null without a price. */
export function expectedItemCost(caller: Caller, { makes, context, mode }: ItemCostRequest): number | null {
  const counts = makes === "stories" ? STORY_COUNTS : SUBTASK_COUNTS;
  const tokens = {
    inputTokens: TOKENS_BESIDE_CONTEXT,
    outputTokens: outputTokensOf(counts[mode], caller.effort),
    cacheReadTokens: 0,
    cacheWriteTokens: Math.round(tokensByLength(JSON.stringify(context))),
  };
  return costOf(tokens, priceOf(caller.model, caller.prices));
}

function outputTokensOf({ least, most }: CountRange, effort: ThinkingEffort): number {
  return THINKING[effort] + ((least + most) / 2) * TOKENS.entry;
}

function sizesByLength(prompts: readonly Prompt[]): Sizes {
  const [any] = prompts;
  const shared = any === undefined ? 0 : sharedByLength(any);
  return { shared, own: prompts.map(({ task }) => tokensByLength(task)), exact: false };
}

function sharedByLength({ system, context }: Prompt): number {
  return Math.round(tokensByLength(system) + tokensByLength(context));
}

/** So many prompts, from the shortest task to the longest in even steps. */
function evenSteps(prompts: readonly Prompt[], steps: number): Prompt[] {
  const byLength = [...prompts].sort((a, b) => a.task.length - b.task.length);
  return Array.from({ length: steps }, (_, step) =>
    byLength.slice(Math.round((step * (byLength.length - 1)) / (steps - 1))).slice(0, 1),
  ).flat();
}

function summarize(
  { model, effort, prices, provider }: Caller,
  { shared, own, exact }: Sizes,
  mode: GenerationMode,
): Estimate {
  const each = outputTokensOf(SUBTASK_COUNTS[mode], effort);
  const ownTokens = own.reduce((sum, tokens) => sum + tokens, 0);
  const inputTokens = Math.round(own.length * shared + ownTokens);
  const outputTokens = Math.round(own.length * each);
  const price = priceOf(model, prices);
  // The first call of a run writes what all share into the cache, and the others read it there.
  const cached = provider.isAnthropic && shared >= LEAST_CACHED && own.length > 1;
  const costs = own.map((tokens, index) =>
    costOf(
      {
        inputTokens: cached ? tokens : shared + tokens,
        outputTokens: each,
        cacheWriteTokens: cached && index === 0 ? shared : 0,
        cacheReadTokens: cached && index > 0 ? shared : 0,
      },
      price,
    ),
  );
  return {
    inputTokens,
    outputTokens,
    costUsd: costs.reduce<number | null>((sum, cost) => (sum === null || cost === null ? null : sum + cost), 0),
    msPerStory: Math.round(MS_BEFORE_FIRST + (each / TOKENS.perSecond) * 1000),
    exact,
  };
}
