import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAnthropicGenerator, type AnthropicOptions } from "../../src/generation/anthropic/anthropic-generator.ts";
import { GenerationError, type Generator } from "../../src/generation/generator.ts";
import { runsOut } from "../support/loopback-claude/known-failures.ts";
import { answers, hangs, type Reply, says, sends } from "../support/loopback-claude/replies.ts";
import { startLoopbackClaude, type LoopbackClaude } from "../support/loopback-claude/server.ts";
import { RUN_CONTEXT, splitRequest, storyToSplit } from "../support/split-requests.ts";
import { subtasksAnswer } from "../support/subtask-answers.ts";

let claude: LoopbackClaude;

beforeEach(async () => {
  claude = await startLoopbackClaude();
});
afterEach(() => claude.close());

function generator(options: Partial<AnthropicOptions> = {}): Generator {
  return createAnthropicGenerator({
    apiKey: "sk-test-key",
    baseURL: claude.baseURL,
    model: "claude-sonnet-5-5",
    ...options,
  });
}

/** The error that a split ends with. */
async function failureOf(splitting: Promise<unknown>): Promise<unknown> {
  return splitting.then(
    () => expect.fail("The split succeeded."),
    (error: unknown) => error,
  );
}

/** The texts of a recorded request's messages, in order. */
function turnsOf(body: Readonly<Record<string, unknown>>): { role: string; text: string }[] {
  const messages = body["messages"] as { role: string; content: string | { text: string }[] }[];
  return messages.map(({ role, content }) => ({
    role,
    text: typeof content === "string" ? content : content.map((block) => block.text).join("\n"),
  }));
}

/** What a correction is told to be wrong: JSON in the last turn, between tags that end in the run's nonce. */
function problemsIn(request: { readonly body: Readonly<Record<string, unknown>> } | undefined): string[] {
  const text = turnsOf(request?.body ?? {}).at(-1)?.text ?? "";
  const json = new RegExp(`<problems-${RUN_CONTEXT.nonce}>(.*)</problems-${RUN_CONTEXT.nonce}>`, "su").exec(text)?.[1];
  return JSON.parse(json ?? "null") as string[];
}

describe("a split by Claude", () => {
  it("is one call, whose checked answer comes back", async () => {
    claude.script(answers(subtasksAnswer(3)));
    const request = splitRequest();
    const subtasks = await generator().splitStory(request);

    expect(subtasks).toEqual([
      {
        title: "Build part 1",
        description: "What part 1 is about.",
        effort: "M",
        acceptanceCriteria: ["Part 1 works."],
        dependsOn: [],
        coversCriteria: [],
      },
      expect.objectContaining({ title: "Build part 2", dependsOn: [0] }),
      expect.objectContaining({ title: "Build part 3", dependsOn: [1] }),
    ]);
    expect(claude.requests).toHaveLength(1);
    expect(generator()).toMatchObject({ name: "anthropic", model: "claude-sonnet-5-5", limited: true });
  });

  it("asks as the API wants to be asked: the key, the model, the schema, and nothing that it refuses", async () => {
    claude.script(answers(subtasksAnswer(3)));
    await generator().splitStory(splitRequest());
    const { headers, body } = await claude.nextRequest();
    expect(headers.authorization).toBe("Bearer sk-test-key");
    expect(body).toMatchObject({
      model: "claude-sonnet-5-5",
      output_config: {
        effort: "medium",
        format: { type: "json_schema", schema: { type: "object", required: ["subtasks"] } },
      },
    });
    expect(body["max_tokens"]).toBeGreaterThanOrEqual(8_000);
    expect(body).not.toHaveProperty("temperature");
    expect(body).not.toHaveProperty("tools");
    expect(body["stream"]).toBe(true);
    const schema = JSON.stringify(body["output_config"]);
    for (const refused of [
      "minLength",
      "maxLength",
      "minItems",
      "maxItems",
      "minimum",
      "maximum",
      "pattern",
      "$schema",
    ]) {
      expect(schema).not.toContain(`"${refused}"`);
    }
  });

  it("shows each subtask as a draft, in order", async () => {
    claude.script(answers(subtasksAnswer(3)));
    const request = splitRequest();
    await generator().splitStory(request);
    expect(request.drafts).toEqual(
      [1, 2, 3].map((number, index) => ({
        index,
        title: `Build part ${number}`,
        description: `What part ${number} is about.`,
        effort: "M",
      })),
    );
  });

  it("tells what it spent, and what that cost where the model's price is known", async () => {
    claude.script(
      answers(subtasksAnswer(3), {
        usage: { input_tokens: 11, output_tokens: 22, cache_read_input_tokens: 33, cache_creation_input_tokens: 44 },
      }),
    );
    const request = splitRequest();
    await generator().splitStory(request);
    const tokens = { inputTokens: 11, outputTokens: 22, cacheReadTokens: 33, cacheWriteTokens: 44 };
    const costUsd = (11 * 2 + 22 * 10 + 33 * 0.1 + 44 * 2.5) / 1e6;
    expect(request.spent).toEqual([{ ...tokens, costUsd: expect.closeTo(costUsd, 12) }]);

    claude.script(answers(subtasksAnswer(3)));
    const elsewhere = splitRequest({ model: "llama4" });
    await generator().splitStory(elsewhere);
    expect(elsewhere.spent).toMatchObject([{ costUsd: null }]);
  });

  it("works with a server that leaves out thinking, usage and stop_reason, and puts a fence around its JSON", async () => {
    const fenced = `\`\`\`json\n${JSON.stringify(subtasksAnswer(3))}\n\`\`\``;
    claude.script(says(fenced, { thinking: null, bare: true }));
    const request = splitRequest();
    expect(await generator({ apiKey: null }).splitStory(request)).toHaveLength(3);
    // Nobody told what it took: what came can be measured, but nobody knows what it cost.
    expect(request.spent).toMatchObject([{ inputTokens: 0, costUsd: null }]);
    expect(request.spent[0]?.outputTokens).toBeGreaterThanOrEqual(claude.billed.outputTokens);
  });

  it("reads the text of an answer and no other block", async () => {
    const content = [
      { type: "thinking", thinking: "Hm.", text: "not this" },
      { type: "text", text: JSON.stringify(subtasksAnswer(3)) },
    ];
    claude.script(sends(200, "application/json", JSON.stringify({ id: "msg_1", content })));
    expect(await generator().splitStory(splitRequest())).toHaveLength(3);
  });

  it("takes a base URL with a slash or /v1 at its end as well", async () => {
    for (const end of ["/", "/v1", "/v1/"]) {
      claude.script(answers(subtasksAnswer(3)));
      expect(await generator({ baseURL: `${claude.baseURL}${end}` }).splitStory(splitRequest())).toHaveLength(3);
    }
  });

  it("asks under the path of its base URL", async () => {
    const asking = generator({ baseURL: `${claude.baseURL}/gateway/anthropic/v1` }).splitStory(splitRequest());
    await expect(asking).rejects.toMatchObject({ fatal: true });
    expect(claude.requests.map(({ path }) => path)).toEqual(["/gateway/anthropic/v1/messages"]);
  });

  it("tells nothing of key, story or answer to the log", async () => {
    const lines: string[] = [];
    const log = (fields: Record<string, unknown>, message: string) =>
      void lines.push(`${message} ${JSON.stringify(fields)}`);
    claude.script(answers(subtasksAnswer(2)), answers(subtasksAnswer(3)));
    await generator({ log: { info: log, warn: log } }).splitStory(
      splitRequest({ story: storyToSplit({ title: "Very secret story" }) }),
    );
    claude.script(says("nothing of use"), says("nothing of use"));
    await failureOf(generator({ log: { info: log, warn: log } }).splitStory(splitRequest()));
    expect(lines.length).toBeGreaterThanOrEqual(4);
    expect(lines.join("\n")).not.toMatch(/sk-test|secret|Build part|dataset|nothing of use/u);
  });
});

describe("an answer that does not pass", () => {
  it("is repaired once, with everything that was wrong", async () => {
    const wrong = subtasksAnswer(2, { 1: { dependsOn: ["k7"] } });
    claude.script(answers(wrong), answers(subtasksAnswer(4)));
    const request = splitRequest();
    expect(await generator().splitStory(request)).toHaveLength(4);

    const [first, second] = claude.requests;
    const turns = turnsOf(second?.body ?? {});
    expect(turns.map((turn) => turn.role)).toEqual(["user", "assistant", "user"]);
    expect(turns[0]).toEqual(turnsOf(first?.body ?? {})[0]);
    expect(JSON.parse(turns[1]?.text ?? "")).toEqual(wrong);
    expect(problemsIn(second)).toEqual([
      "There are 2 subtasks; COMPACT asks for 3 to 5.",
      'Subtask 2 (“Build part 2”): dependsOn names "k7", which is the key of no subtask.',
    ]);
    expect(second?.body["system"]).toBe(first?.body["system"]);
  });

  it("costs what both calls cost, and shows the drafts of both", async () => {
    claude.script(answers(subtasksAnswer(2)), answers(subtasksAnswer(3)));
    const request = splitRequest();
    await generator().splitStory(request);
    expect(request.spent).toHaveLength(2);
    expect(request.drafts.map((draft) => draft.index)).toEqual([0, 1, 0, 1, 2]);
  });

  it.each([
    ["no JSON", "I would rather talk about it.", "The answer was not a whole JSON object."],
    ["cut-off JSON", '{"subtasks":[{"key":"k1"', "The answer was not a whole JSON object."],
    ["nothing", "", "The answer was empty."],
    ["another shape", '{"tasks":[]}', 'The answer must be an object with a list named "subtasks".'],
  ])("is repaired when it is %s", async (_, text, problem) => {
    claude.script(says(text), answers(subtasksAnswer(3)));
    expect(await generator().splitStory(splitRequest())).toHaveLength(3);
    const turns = turnsOf(claude.requests[1]?.body ?? {});
    expect(turns[1]?.text).toBe(text === "" ? "(no answer)" : text);
    expect(problemsIn(claude.requests[1])).toEqual([problem]);
  });

  it("fails the story when the repaired one does not pass either, saying what is wrong", async () => {
    claude.script(
      answers(subtasksAnswer(2)),
      answers(subtasksAnswer(3, { 0: { title: "" }, 1: { dependsOn: ["k2"] } })),
    );
    const request = splitRequest();
    const error = await failureOf(generator().splitStory(request));
    expect(error).toBeInstanceOf(GenerationError);
    expect(error).toMatchObject({
      fatal: false,
      message:
        "claude-sonnet-5-5 answered twice with subtasks that cannot be saved. Subtask 1: title must not be empty. " +
        "Subtask 2 (“Build part 2”): it depends on itself. Retry the run, or use another model.",
    });
    expect(claude.requests).toHaveLength(2);
    expect(request.spent).toHaveLength(2);
  });

  it("may name things at any length: neither the correction nor the failure carries them whole", async () => {
    const long = "K".repeat(60_000);
    const circle = (index: number) => ({ title: "T".repeat(200 + index), dependsOn: [`k${((index + 1) % 400) + 1}`] });
    for (const wrong of [
      subtasksAnswer(3, { 0: { dependsOn: [long, `${long}1`, `${long}2`] }, 1: { key: long }, 2: { title: long } }),
      subtasksAnswer(400, Object.fromEntries(Array.from({ length: 400 }, (_, index) => [index, circle(index)]))),
    ]) {
      claude.script(answers(wrong), answers(wrong));
      const error = await failureOf(generator().splitStory(splitRequest()));
      if (!(error instanceof GenerationError)) throw error;
      expect(error.message.length).toBeLessThanOrEqual(1_000);
      expect(error.message).toMatch(/^claude-sonnet-5-5 answered twice .* Retry the run, or use another model\.$/u);
      const problems = problemsIn(claude.requests.at(-1));
      expect(problems.length).toBeLessThanOrEqual(40);
      for (const problem of problems) expect(problem.length).toBeLessThanOrEqual(280);
    }
  });

  it.each<[string, Reply, RegExp, number]>([
    [
      "a correction",
      answers(subtasksAnswer(2)),
      /^claude-sonnet-5-5 answered with subtasks that cannot be saved, and a correction could pass the budget\. There are 2 subtasks; .* Retry the run to spend as much again, or start one with a higher maxCostUsd\.$/u,
      1,
    ],
    [
      "more room",
      runsOut('{"subtasks":['),
      /^The answer of claude-sonnet-5-5 did not fit, and asking again with more room could pass the budget\. Retry/u,
      3,
    ],
  ])("is what the story fails with where the budget does not allow %s", async (_, reply, message, most) => {
    claude.script(reply);
    const asked: number[] = [];
    const mayAskAgain = (times: number) => asked.push(times) === 0;
    const request = splitRequest({ mayAskAgain });
    const error = await failureOf(generator().splitStory(request));
    expect(error).toBeInstanceOf(GenerationError);
    expect(error).toMatchObject({ message: expect.stringMatching(message), fatal: false, retry: null });
    expect(claude.requests).toHaveLength(1);
    // What it was told the next call may cost, in terms of the first.
    expect(asked).toEqual([most]);
    expect(request.spent).toHaveLength(1);
  });

  it("is not taken when it repeats what the story keeps", async () => {
    const story = storyToSplit({ existingSubtasks: [{ title: "build part 2", description: "Done." }] });
    claude.script(answers(subtasksAnswer(3)), answers(subtasksAnswer(3, { 1: { title: "Build something else" } })));
    const subtasks = await generator().splitStory(splitRequest({ story }));
    expect(subtasks[1]?.title).toBe("Build something else");
    expect(problemsIn(claude.requests[1])).toEqual([
      "Subtask 2 (“Build part 2”): the story already has a subtask with this title.",
    ]);
  });
});

describe("aborting a split", () => {
  it.each(["nothing", "headers"] as const)(
    "ends the call and closes its socket, when %s had come yet",
    async (after) => {
      claude.script(hangs(after));
      const cancel = new AbortController();
      const reason = new Error("The run was cancelled.");
      const splitting = failureOf(generator().splitStory(splitRequest({ signal: cancel.signal })));
      const asked = await claude.nextRequest();
      cancel.abort(reason);
      expect(await splitting).toBe(reason);
      expect(await asked.ended).toBe("left");
    },
  );

  it("before it began asks nothing", async () => {
    const reason = new Error("The run was cancelled.");
    const signal = AbortSignal.abort(reason);
    expect(await failureOf(generator().splitStory(splitRequest({ signal })))).toBe(reason);
    expect(claude.requests).toEqual([]);
  });

  it("while a correction is on its way keeps what the first call cost", async () => {
    claude.script(answers(subtasksAnswer(2)), hangs());
    const cancel = new AbortController();
    const request = splitRequest({ signal: cancel.signal });
    const splitting = failureOf(generator().splitStory(request));
    await claude.nextRequest();
    await claude.nextRequest();
    cancel.abort(new Error("cancelled"));
    expect(await splitting).toMatchObject({ message: "cancelled" });
    expect(request.spent).toHaveLength(1);
  });

  it.each(["nothing", "headers"] as const)(
    "is not needed where an answer never ends: the deadline strikes after %s",
    async (after) => {
      claude.script(hangs(after));
      const error = await failureOf(generator({ deadlineMs: 1_000 }).splitStory(splitRequest()));
      expect(error).toBeInstanceOf(GenerationError);
      expect(error).toMatchObject({
        fatal: false,
        message: expect.stringMatching(/did not finish its answer within 1 s/u),
      });
      expect(await (await claude.nextRequest()).ended).toBe("left");
    },
  );
});
