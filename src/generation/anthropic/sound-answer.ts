import type { Anthropic } from "@anthropic-ai/sdk";
import { cutAtWord } from "../../backlog/characters.ts";
import { createArrayElements } from "../array-elements.ts";
import { GenerationError, type SplitRequest } from "../generator.ts";
import { callClaude, type CallEvents, type Caller, type Question } from "./call-claude.ts";
import { repairRequest, type Prompt } from "./prompt.ts";
import { expectAnswer, parseJson, type Reply } from "./reply.ts";

/** What is asked for: the shape of the answer, what of it is shown as it comes, and the check that it must pass. */
export interface AnswerKind<Checked> {
  /** Name of the list that the answer consists of. */
  readonly list: string;
  readonly schema: Record<string, unknown>;
  /** Shows one entry, the moment it is complete. */
  show(entry: unknown, index: number): void;
  check(candidate: unknown): Judgement<Checked>;
}

export type Judgement<Checked> =
  | { readonly ok: true; readonly checked: Checked }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Room for a fine answer and the thinking before it, and for a try that found it too narrow; what is not used costs nothing. */
const ROOM = { first: 16_000, wider: 48_000 };
/** Three of them still fit into the message of a failure. */
const LONGEST_PROBLEM = 280;

/**
 * Asks for an answer until it passes its check: one call, one more with wider room where the answer did not fit, and
 * one that names what was wrong, each of these if it may be asked for. Nothing is made up where these fail.
 * @throws GenerationError, the signal's reason: see `callClaude`
 */
export async function askForSoundAnswer<Checked>(
  caller: Caller,
  prompt: Prompt,
  kind: AnswerKind<Checked>,
  events: Omit<CallEvents, "onText"> & Pick<SplitRequest, "mayAskAgain">,
): Promise<Checked> {
  const { model, log } = caller;
  let maxTokens = ROOM.first;
  const question: Omit<Question, "maxTokens"> = {
    system: prompt.system,
    messages: opening(prompt),
    schema: kind.schema,
  };

  const first = await askWithRoom(question.messages);
  const judged = judge(first);
  if (judged.ok) return judged.checked;

  if (!events.mayAskAgain(1))
    throw tooDear(
      `${model} answered with ${kind.list} that cannot be saved, and a correction`,
      summary(judged.problems),
    );
  log?.info({ model, problems: judged.problems.length }, "an answer did not pass the check; asking for a correction");
  const second = judge(
    await askWithRoom([
      ...question.messages,
      // An empty turn is refused by the API.
      { role: "assistant", content: first.text.trim() === "" ? "(no answer)" : first.text },
      { role: "user", content: repairRequest(judged.problems, prompt.nonce) },
    ]),
  );
  if (second.ok) return second.checked;
  throw new GenerationError(
    `${model} answered twice with ${kind.list} that cannot be saved. ${summary(second.problems)} Retry the run, or use another model.`,
  );

  /** Once in all, an answer that does not fit is asked for again with wider room. */
  async function askWithRoom(messages: Anthropic.MessageParam[]): Promise<Reply> {
    let reply = await askOnce(messages);
    if (reply.stopReason === "max_tokens" && maxTokens < ROOM.wider) {
      if (!events.mayAskAgain(ROOM.wider / ROOM.first))
        throw tooDear(`The answer of ${model} did not fit, and asking again with more room`);
      maxTokens = ROOM.wider;
      log?.info({ model, maxTokens }, "an answer did not fit; asking again with more room");
      reply = await askOnce(messages);
    }
    if (reply.stopReason === "max_tokens") {
      throw new GenerationError(
        `The answer of ${model} grew too long and was cut off. Work on something smaller, or choose a coarser mode.`,
      );
    }
    return reply;
  }

  async function askOnce(messages: Anthropic.MessageParam[]): Promise<Reply> {
    const entries = createArrayElements(kind.list, (json, index) => {
      const parsed = parseJson(json);
      if (parsed !== null) kind.show(parsed.value, index);
    });
    const reply = await callClaude(
      caller,
      { ...question, messages, maxTokens },
      { ...events, onText: (piece) => entries.push(piece) },
    );
    expectAnswer(reply, model);
    return reply;
  }

  function judge({ text }: Reply): Judgement<Checked> {
    const parsed = parseJson(text);
    if (parsed !== null) return withShortProblems(kind.check(parsed.value));
    const problem = text.trim() === "" ? "The answer was empty." : "The answer was not a whole JSON object.";
    return { ok: false, problems: [problem] };
  }
}

/**
 * The first turn. What is the same for all calls of a run stands first and ends with the mark up to which the provider
 * keeps it; what is this call's own comes behind it.
 */
export function opening(prompt: Prompt): Anthropic.MessageParam[] {
  return [
    {
      role: "user",
      content: [
        { type: "text", text: prompt.context, cache_control: { type: "ephemeral" } },
        { type: "text", text: prompt.task },
      ],
    },
  ];
}

/** Problems name what the answer names, and a circle goes through as many subtasks as it likes. */
function withShortProblems<Checked>(judged: Judgement<Checked>): Judgement<Checked> {
  if (judged.ok) return judged;
  return { ok: false, problems: judged.problems.map((problem) => cutAtWord(problem, LONGEST_PROBLEM)) };
}

function tooDear(what: string, why = ""): GenerationError {
  const detail = why === "" ? "" : ` ${why}`;
  return new GenerationError(
    `${what} could pass the budget.${detail} Retry the run to spend as much again, or start one with a higher maxCostUsd.`,
  );
}

function summary(problems: readonly string[]): string {
  const shown = problems.slice(0, 3).join(" ");
  return problems.length <= 3 ? shown : `${shown} (And ${problems.length - 3} more.)`;
}
