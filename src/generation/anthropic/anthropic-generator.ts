import { randomBytes } from "node:crypto";
import { Anthropic } from "@anthropic-ai/sdk";
import { checkSubtasks, type CheckedSet } from "../check-subtasks.ts";
import { draftsOf } from "../drafts.ts";
import { GenerationError, type GeneratedSubtask, type Generator, type SplitRequest } from "../generator.ts";
import { answerSchema } from "./answer-schema.ts";
import { ask, type Asker, type CallLog } from "./ask-claude.ts";
import { buildPrompt, repairRequest } from "./prompt.ts";
import { providerOf } from "./provider.ts";
import { parseJson } from "./read-reply.ts";

export interface AnthropicOptions {
  /** Null where the server behind `baseURL` asks for none. */
  readonly apiKey: string | null;
  /** Null or absent: Anthropic. */
  readonly baseURL?: string | null;
  readonly model: string;
  readonly fetch?: typeof globalThis.fetch;
  readonly log?: CallLog;
  /** Longest time for one call in milliseconds. Below 300,000, where Node's own fetch gives up waiting. */
  readonly deadlineMs?: number;
}

/** The SDK would look for credentials on disk and in the environment if it got none. */
const NO_KEY = "none";
const DEADLINE_MS = 240_000;

/**
 * The generator that asks Claude, or a server that speaks its API: one call a story, and one more where the answer did
 * not pass the check, with what was wrong. Nothing is made up where both fail.
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
  const asker: Asker = {
    client,
    provider,
    model: options.model,
    deadlineMs: options.deadlineMs ?? DEADLINE_MS,
    log: options.log ?? null,
  };
  return {
    name: "anthropic",
    model: options.model,
    limited: true,
    splitStory: (request) => splitStory(asker, request),
  };
}

async function splitStory(asker: Asker, request: SplitRequest): Promise<readonly GeneratedSubtask[]> {
  const schema = answerSchema();
  const prompt = buildPrompt({
    context: request.context,
    story: request.story,
    mode: request.mode,
    nonce: randomBytes(9).toString("hex"),
    schema: asker.provider.isAnthropic ? null : schema,
  });
  const messages: Anthropic.MessageParam[] = [
    {
      role: "user",
      content: [
        { type: "text", text: prompt.context },
        { type: "text", text: prompt.story },
      ],
    },
  ];

  const first = await ask(asker, { system: prompt.system, messages, schema }, request);
  const judged = judge(first, request);
  if (judged.ok) return judged.subtasks;

  asker.log?.info(
    { model: asker.model, problems: judged.problems.length },
    "an answer did not pass the check; asking for a correction",
  );
  const repair: Anthropic.MessageParam[] = [
    ...messages,
    // An empty turn is refused by the API.
    { role: "assistant", content: first.trim() === "" ? "(no answer)" : first },
    { role: "user", content: repairRequest(judged.problems) },
  ];
  const second = judge(await ask(asker, { system: prompt.system, messages: repair, schema }, request), request);
  if (second.ok) return second.subtasks;
  throw new GenerationError(
    `${asker.model} answered twice with subtasks that cannot be saved. ${summary(second.problems)} Retry the run, or use another MODEL.`,
  );
}

/** Shows what an answer holds, then checks it as a set. */
function judge(text: string, { story, mode, onDraft }: SplitRequest): CheckedSet {
  const parsed = parseJson(text);
  if (parsed === null) {
    return {
      ok: false,
      problems: [text.trim() === "" ? "The answer was empty." : "The answer was not a whole JSON object."],
    };
  }
  for (const draft of draftsOf(parsed.value)) onDraft(draft);
  return checkSubtasks(parsed.value, { story, mode });
}

function summary(problems: readonly string[]): string {
  const shown = problems.slice(0, 3).join(" ");
  return problems.length <= 3 ? shown : `${shown} (And ${problems.length - 3} more.)`;
}
