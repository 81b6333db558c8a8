import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAnthropicGenerator, type AnthropicOptions } from "../../src/generation/anthropic/anthropic-generator.ts";
import { asAnthropic } from "../support/as-anthropic.ts";
import { answers, says, sends, type MessageOptions } from "../support/loopback-claude/replies.ts";
import { startLoopbackClaude, type LoopbackClaude } from "../support/loopback-claude/server.ts";
import { splitRequest } from "../support/split-requests.ts";
import { subtasksAnswer } from "../support/subtask-answers.ts";

let claude: LoopbackClaude;

beforeEach(async () => {
  claude = await startLoopbackClaude();
});
afterEach(() => claude.close());

function split(options: Partial<AnthropicOptions> = {}, request = splitRequest()) {
  const generator = createAnthropicGenerator({ apiKey: null, baseURL: claude.baseURL, model: "llama4", ...options });
  return generator.splitStory(request);
}

const ANSWER = JSON.stringify(subtasksAnswer(3), null, 2);

describe("a server that speaks the API without being Anthropic", () => {
  it.each<[string, string, MessageOptions]>([
    ["leaves out thinking, usage and stop_reason", ANSWER, { thinking: null, bare: true }],
    ["names no events", ANSWER, { unnamed: true }],
    ["puts a fence around its JSON", `\`\`\`json\n${ANSWER}\n\`\`\``, {}],
    ["puts words around the fence", `Here you are:\n\n\`\`\`\n${ANSWER}\n\`\`\`\nAnything else?`, {}],
    ["thinks aloud in its text", `<think>{"plan": 1} Three parts, I'd say [1].</think>\n${ANSWER}`, {}],
  ])("works where it %s, drafts included", async (_, text, options) => {
    claude.script(says(text, { charactersPerDelta: 5, ...options }));
    const request = splitRequest();
    expect(await split({}, request)).toHaveLength(3);
    expect(request.drafts.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(claude.requests).toHaveLength(1);
  });

  it("works where it does not stream", async () => {
    const content = [
      { type: "thinking", thinking: "Hm.", text: "not this" },
      { type: "text", text: ANSWER },
    ];
    const usage = { input_tokens: 5, output_tokens: null };
    claude.script(sends(200, "application/json; charset=utf-8", JSON.stringify({ id: "msg_1", content, usage })));
    const request = splitRequest();
    expect(await split({}, request)).toHaveLength(3);
    expect(request.drafts).toHaveLength(3);
    expect(request.spent).toMatchObject([{ inputTokens: 5, costUsd: null }]);
    // It does not tell what it wrote, but what came has a length.
    expect(request.spent[0]?.outputTokens).toBeGreaterThan(ANSWER.length / 4);
  });

  it("is told the schema in the rules too, and Anthropic is not", async () => {
    claude.script(answers(subtasksAnswer(3)), answers(subtasksAnswer(3)));
    await split();
    await split({
      apiKey: "sk-test-key",
      ...asAnthropic(claude),
    });
    const [elsewhere, anthropic] = claude.requests.map(({ body }) => body);
    expect(elsewhere?.system).toContain('It must fit this JSON schema:\n{"type":"object"');
    expect(anthropic?.system).not.toContain("JSON schema");
    expect(elsewhere?.output_config).toEqual(anthropic?.output_config);
  });

  it("may take longer than the longest silence until it says anything: it may have to load its model", async () => {
    const late = answers(subtasksAnswer(3), { latencyMs: 1_700 });
    claude.script(late, late);
    expect(await split({ idleMs: 800 })).toHaveLength(3);
    await expect(split({ ...asAnthropic(claude), idleMs: 800 })).rejects.toMatchObject({
      message: expect.stringMatching(/^Anthropic sent nothing for 1 s/u),
    });
  });
});
