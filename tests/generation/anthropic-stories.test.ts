import { afterEach, beforeEach, expect, it } from "vitest";
import { createAnthropicGenerator } from "../../src/generation/anthropic/anthropic-generator.ts";
import type { Generator } from "../../src/generation/generator.ts";
import { overloaded } from "../support/loopback-claude/known-failures.ts";
import { answers, says } from "../support/loopback-claude/replies.ts";
import { startLoopbackClaude, type LoopbackClaude } from "../support/loopback-claude/server.ts";
import { blocksOf } from "../support/loopback-claude/wire.ts";
import { EPIC_CONTEXT, epicToFill, fillRequest, storiesAnswer } from "../support/fill-requests.ts";

let claude: LoopbackClaude;

beforeEach(async () => {
  claude = await startLoopbackClaude();
});
afterEach(() => claude.close());

function generator(): Generator {
  return createAnthropicGenerator({ apiKey: "sk-test-key", baseURL: claude.baseURL, model: "claude-sonnet-5-5" });
}

it.each([
  ["COMPACT", "LIGHTWEIGHT"],
  ["STANDARD", "CORE"],
  ["DETAILED", "FULL"],
] as const)("an epic is filled with stories in one call, in mode %s for the personas %s", async (mode, personaSet) => {
  const request = fillRequest({ mode, personaSet });
  const stories = await generator().fillEpic(request);
  expect(claude.requests).toHaveLength(1);
  expect(request.drafts.map(({ title }) => title)).toEqual(stories.map(({ title }) => title));
  expect(request.drafts[0]?.description).toBe(stories[0]?.narrative);
  expect(request.spent).toMatchObject([{ outputTokens: claude.billed.outputTokens, costUsd: expect.any(Number) }]);
});

it("the request holds the rules, then what the run shares, then the epic with the stories it keeps", async () => {
  const existingStories = [{ title: "Return a book", narrative: "As a member, I want to return a book." }];
  const context = { ...EPIC_CONTEXT, instructions: "Think of children." };
  await generator().fillEpic(fillRequest({ context, epic: epicToFill({ existingStories }), mode: "DETAILED" }));
  const { body } = claude.requests[0]!;
  expect(body.system).toContain("It has 12 to 15 stories");
  expect(body.system).toContain("The personas are: End user, Administrator, System, Product owner, Developer.");
  expect(body.output_config).toMatchObject({ format: { schema: { required: ["stories"] } } });
  const [shared, own] = blocksOf(body.messages?.[0]?.content);
  expect(shared).toMatchObject({ cache_control: { type: "ephemeral" } });
  expect(shared?.text).toMatch(/^<context-f00dcafe>.*Opening hours.*Think of children\..*<\/context-f00dcafe>$/su);
  expect(own?.text).toMatch(/^<epic-f00dcafe>.*Return a book.*<\/epic-f00dcafe>/su);
});

it("a set that does not pass is asked for once more, with what was wrong", async () => {
  claude.script(answers(storiesAnswer(5, { 1: { persona: "Nobody" } })), answers(storiesAnswer(6)));
  const request = fillRequest();
  expect(await generator().fillEpic(request)).toHaveLength(6);
  expect(claude.requests[1]?.body.messages?.at(-1)?.content).toContain('persona \\"Nobody\\" is none of');
  expect(request.drafts.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5]);
});

it("a second one that does not pass fails the epic", async () => {
  claude.script(answers(storiesAnswer(3)), says("no"));
  await expect(generator().fillEpic(fillRequest())).rejects.toMatchObject({
    fatal: false,
    retry: null,
    message: expect.stringMatching(
      /answered twice with stories that cannot be saved\. The answer was not a whole JSON/u,
    ),
  });
});

it("fails as a split does, with the same advice", async () => {
  claude.script(overloaded());
  await expect(generator().fillEpic(fillRequest())).rejects.toMatchObject({ retry: { throttled: true } });
});
