import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAnthropicGenerator, type AnthropicOptions } from "../../src/generation/anthropic/anthropic-generator.ts";
import { GenerationError, type Generator, type SubtaskDraft } from "../../src/generation/generator.ts";
import { rateLimited } from "../support/loopback-claude/known-failures.ts";
import { answers, says, type MessageOptions } from "../support/loopback-claude/replies.ts";
import type { RateLimitOptions } from "../support/loopback-claude/rate-limits.ts";
import { startLoopbackClaude, type LoopbackClaude } from "../support/loopback-claude/server.ts";
import { splitRequest } from "../support/split-requests.ts";
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

const TITLE = 'Zeichne „Maß“ \\ "quoted" {brace] 😀👨‍👩‍👧 \u202e';

describe("drafts", () => {
  it.each<[string, MessageOptions]>([
    ["in deltas of one character, which part surrogate pairs and escapes", { charactersPerDelta: 1 }],
    ["byte by byte on the wire", { bytesPerWrite: 1 }],
    ["both, with pings in between", { charactersPerDelta: 1, bytesPerWrite: 3, pings: true }],
    ["in one piece", { charactersPerDelta: 1_000_000 }],
    ["without lines that name the events", { unnamed: true }],
  ])("are the same however the answer comes: %s", async (_, options) => {
    const answer = subtasksAnswer(3, { 1: { title: TITLE, description: "naïve 😀" } });
    claude.script(answers(answer, { ...options, thinking: "Hm." }));
    const request = splitRequest();
    const subtasks = await generator().splitStory(request);
    expect(request.drafts.map(({ index, title }) => [index, title])).toEqual([
      [0, "Build part 1"],
      [1, TITLE],
      [2, "Build part 3"],
    ]);
    expect(subtasks.map(({ title }) => title)).toEqual(request.drafts.map(({ title }) => title));
  });

  it("come while the rest is still being written: each before the closing brace of the next one", async () => {
    const answer = JSON.stringify(subtasksAnswer(5));
    claude.script(says(answer, { tokensPerSecond: 800 }));
    const came: { draft: SubtaskDraft; at: number }[] = [];
    const request = {
      ...splitRequest(),
      onDraft: (draft: SubtaskDraft) => void came.push({ draft, at: performance.now() }),
    };
    await generator().splitStory(request);

    const sent = claude.requests[0]!;
    const ends = [...answer.matchAll(/\}(?=[,\]])/gu)].map(({ index }) => index + 1);
    expect(came.map(({ draft }) => draft.index)).toEqual([0, 1, 2, 3, 4]);
    // Not by the clock: how soon is `npm run bench`'s to tell.
    for (const [index, { at }] of came.slice(0, -1).entries())
      expect(at).toBeLessThan(await sent.sentUpTo(ends[index + 1] ?? 0));
  });

  it("begin anew with a correction", async () => {
    claude.script(answers(subtasksAnswer(2)), answers(subtasksAnswer(3)));
    const request = splitRequest();
    await generator().splitStory(request);
    expect(request.drafts.map(({ index }) => index)).toEqual([0, 1, 0, 1, 2]);
  });

  it("begin anew where an answer did not fit and is asked for with more room", async () => {
    const cut = JSON.stringify(subtasksAnswer(3)).slice(0, -80);
    claude.script(says(cut, { stopReason: "max_tokens" }), answers(subtasksAnswer(3)));
    const request = splitRequest();
    expect(await generator().splitStory(request)).toHaveLength(3);
    expect(request.drafts.map(({ index }) => index)).toEqual([0, 1, 0, 1, 2]);
    expect(request.spent).toHaveLength(2);
  });

  it("show nothing of what the model thinks", async () => {
    claude.script(answers(subtasksAnswer(3), { thinking: JSON.stringify(subtasksAnswer(1)) }));
    const request = splitRequest();
    await generator().splitStory(request);
    expect(request.drafts).toHaveLength(3);
  });
});

describe("aborting while an answer is being written", () => {
  it("closes the provider's socket at once and tells what was spent", async () => {
    claude.script(answers(subtasksAnswer(3), { tokensPerSecond: 40 }));
    const cancel = new AbortController();
    const reason = new Error("The run was cancelled.");
    const request = splitRequest({ signal: cancel.signal });
    const splitting = generator().splitStory(request);
    splitting.catch(() => {});
    const asked = await claude.nextRequest();
    await asked.sentUpTo(30);
    cancel.abort(reason);
    // Left long before its end, which at this pace is many seconds away.
    expect(await asked.ended).toBe("left");
    await expect(splitting).rejects.toBe(reason);
    expect(request.spent).toHaveLength(1);
    expect(request.spent[0]?.inputTokens).toBe(claude.billed.inputTokens);
  });
});

describe("the provider's limits", () => {
  it("are told with every answer, as soon as it begins", async () => {
    await using limited = await limitedClaude({
      requestsPerMinute: 60,
      inputTokensPerMinute: 60_000,
      outputTokensPerMinute: 90_000,
    });
    const request = splitRequest();
    await generator({ baseURL: limited.claude.baseURL }).splitStory(request);
    const { inputTokens, cacheWriteTokens } = limited.claude.billed;
    const read = inputTokens + cacheWriteTokens;
    expect(request.limits).toEqual([
      {
        requests: { limit: 60, remaining: 59, resetAt: limited.now() + 1000 },
        inputTokens: { limit: 60_000, remaining: 60_000 - read, resetAt: limited.now() + read },
        outputTokens: { limit: 90_000, remaining: 90_000, resetAt: limited.now() },
      },
    ]);
  });

  it("are told with a refusal for being too fast, and how long to wait", async () => {
    await using limited = await limitedClaude({ requestsPerMinute: 2 });
    const ask = generator({ baseURL: limited.claude.baseURL });
    await ask.splitStory(splitRequest());
    await ask.splitStory(splitRequest());
    const request = splitRequest();
    await expect(ask.splitStory(request)).rejects.toMatchObject({ retry: { afterMs: 30_000, throttled: true } });
    expect(request.limits).toMatchObject([{ requests: { limit: 2, remaining: 0 } }]);
    limited.pass(30_000);
    expect(await ask.splitStory(splitRequest())).not.toHaveLength(0);
  });

  it("are not made up where nothing tells of them", async () => {
    claude.script(rateLimited(1));
    const request = splitRequest();
    await expect(generator().splitStory(request)).rejects.toBeInstanceOf(GenerationError);
    await generator().splitStory(request);
    expect(request.limits).toEqual([]);
  });
});

async function limitedClaude(limits: RateLimitOptions) {
  let now = Date.parse("2026-11-23T12:00:00Z");
  const limited = await startLoopbackClaude({ ...limits, now: () => now });
  return {
    claude: limited,
    now: () => now,
    pass: (ms: number) => (now += ms),
    [Symbol.asyncDispose]: () => limited.close(),
  };
}
