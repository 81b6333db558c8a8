import { Anthropic } from "@anthropic-ai/sdk";
import { subtasksAnswer } from "../answer.ts";
import { storiesAnswer } from "../answered-story.ts";
import { checkStories } from "../check-stories.ts";
import { checkSubtasks } from "../check-subtasks.ts";
import { draftOf, storyDraftOf } from "../drafts.ts";
import type { FillRequest, GeneratedStory, GeneratedSubtask, Generator, SplitRequest } from "../generator.ts";
import { answerSchema } from "./answer-schema.ts";
import type { Caller, CallLog, CallObserver, ThinkingEffort } from "./call-claude.ts";
import { createEstimator, expectedItemCost } from "./estimate.ts";
import { fillPrompt } from "./fill-prompt.ts";
import { createPrefixGate } from "./prefix-gate.ts";
import { PRICES, type PriceTable } from "./prices.ts";
import { accountOf, providerOf } from "./provider.ts";
import { askForSoundAnswer } from "./sound-answer.ts";
import { splitPrompt, splitTask } from "./split-prompt.ts";

export interface AnthropicOptions {
  /** Null where the server behind `baseURL` asks for none. */
  readonly apiKey: string | null;
  /** Null or absent: Anthropic. */
  readonly baseURL?: string | null;
  readonly model: string;
  /** How much the model thinks before and while it writes; "medium" where absent. */
  readonly effort?: ThinkingEffort;
  /** From `readPrices`; Anthropic's own where absent. */
  readonly prices?: PriceTable;
  readonly fetch?: typeof globalThis.fetch;
  readonly log?: CallLog;
  readonly observer?: CallObserver;
  /** Longest silence in a call, in milliseconds; pings are signs of life. Before the first one, servers of one's own may take longer. */
  readonly idleMs?: number;
  /** Longest time for one call in milliseconds. */
  readonly deadlineMs?: number;
  /** Milliseconds of the epoch. */
  readonly now?: () => number;
}

/** The SDK would look for credentials on disk and in the environment if it got none. */
const NO_KEY = "none";
const IDLE_MS = 60_000;
/** A server of one's own may have to load its model and read a long prompt before it says anything. */
const FIRST_MS_ELSEWHERE = 240_000;
const DEADLINE_MS = 600_000;
/** An answer begins within a second or two; longer than this, a call that may wait for the cache does not. */
const GATE_MS = 3_000;

/**
 * The generator that asks Claude, or a server that speaks its API: one call an item, and one more where the answer did
 * not pass the check, with what was wrong. Nothing is made up where both fail. It tries nothing twice that failed:
 * whoever calls it does, by `GenerationError.retry`.
 */
export function createAnthropicGenerator(options: AnthropicOptions): Generator {
  const provider = providerOf(options.baseURL ?? null);
  const client = new Anthropic({
    apiKey: options.apiKey ?? NO_KEY,
    baseURL: provider.baseURL,
    fetch: options.fetch,
    // Every attempt is to be seen, counted and bounded by us.
    maxRetries: 0,
    // Both would tell of stories and answers.
    logLevel: "off",
    openTelemetry: false,
  });
  const silenceMs = options.idleMs ?? IDLE_MS;
  const now = options.now ?? Date.now;
  const common: Caller = {
    client,
    provider,
    model: options.model,
    effort: options.effort ?? "medium",
    prices: options.prices ?? PRICES,
    patience: {
      firstMs: provider.isAnthropic ? silenceMs : Math.max(silenceMs, FIRST_MS_ELSEWHERE),
      silenceMs,
      totalMs: options.deadlineMs ?? DEADLINE_MS,
    },
    now,
    gate: createPrefixGate({ patienceMs: GATE_MS, now }),
    log: options.log ?? null,
    observer: options.observer ?? null,
  };
  const callerFor = (request: Pick<SplitRequest, "model" | "logIds">): Caller => ({
    ...common,
    model: request.model ?? common.model,
    log: common.log && markLines(common.log, request.logIds),
  });
  const subtasksSchema = answerSchema(subtasksAnswer);
  const storiesSchema = answerSchema(storiesAnswer);
  const toldTo = (schema: Record<string, unknown>) => (provider.isAnthropic ? null : schema);
  const promptFor = (input: Pick<SplitRequest, "context" | "story" | "mode">) =>
    splitPrompt({ ...input, schema: toldTo(subtasksSchema) });

  function splitStory(request: SplitRequest): Promise<readonly GeneratedSubtask[]> {
    const { story, mode, onDraft } = request;
    return askForSoundAnswer(
      callerFor(request),
      promptFor(request),
      {
        list: "subtasks",
        schema: subtasksSchema,
        show(entry, index) {
          const draft = draftOf(entry, index);
          if (draft !== null) onDraft(draft);
        },
        check(candidate) {
          const set = checkSubtasks(candidate, { story, mode });
          return set.ok ? { ok: true, checked: set.subtasks } : set;
        },
      },
      request,
    );
  }

  function fillEpic(request: FillRequest): Promise<readonly GeneratedStory[]> {
    const { epic, mode, personaSet, onDraft } = request;
    return askForSoundAnswer(
      callerFor(request),
      fillPrompt({ ...request, schema: toldTo(storiesSchema) }),
      {
        list: "stories",
        schema: storiesSchema,
        show(entry, index) {
          const draft = storyDraftOf(entry, index);
          if (draft !== null) onDraft(draft);
        },
        check(candidate) {
          const set = checkStories(candidate, { epic, mode, personaSet });
          return set.ok ? { ok: true, checked: set.stories } : set;
        },
      },
      request,
    );
  }

  const estimate = createEstimator({
    schema: subtasksSchema,
    promptFor,
    taskFor: splitTask,
    counts: provider.isAnthropic && options.apiKey !== null,
  });
  return {
    name: "anthropic",
    model: options.model,
    limited: true,
    account: accountOf(provider, options.apiKey),
    splitStory,
    fillEpic,
    estimate: (request) => estimate(callerFor(request), request),
    itemCostUsd: (request) => expectedItemCost(callerFor(request), request),
  };
}

/** The log, each line of which has these ids. */
function markLines(log: CallLog, ids: SplitRequest["logIds"]): CallLog {
  if (ids === undefined) return log;
  return {
    info: (fields, message) => log.info({ ...ids, ...fields }, message),
    warn: (fields, message) => log.warn({ ...ids, ...fields }, message),
  };
}
