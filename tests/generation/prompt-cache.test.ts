import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAnthropicGenerator } from "../../src/generation/anthropic/anthropic-generator.ts";
import type { Generator, RunContext } from "../../src/generation/generator.ts";
import { overloaded } from "../support/loopback-claude/known-failures.ts";
import { answers, hangs } from "../support/loopback-claude/replies.ts";
import { startLoopbackClaude, type LoopbackClaude } from "../support/loopback-claude/server.ts";
import { blocksOf } from "../support/loopback-claude/wire.ts";
import { RUN_CONTEXT, splitRequest, storyToSplit } from "../support/split-requests.ts";
import { subtasksAnswer } from "../support/subtask-answers.ts";

let claude: LoopbackClaude;

beforeEach(async () => {
  claude = await startLoopbackClaude({ latencyMs: 5 });
});
afterEach(() => claude.close());

function generator(): Generator {
  return createAnthropicGenerator({ apiKey: "sk-test-key", baseURL: claude.baseURL, model: "claude-sonnet-5-5" });
}

/** About 2,000 tokens of what all stories of a run share. */
const context: RunContext = {
  ...RUN_CONTEXT,
  project: { ...RUN_CONTEXT.project, context: "A word on how we build things here. ".repeat(220) },
  instructions: "Prefer small steps.",
};

function stories(count: number) {
  return Array.from({ length: count }, (_, index) => storyToSplit({ title: `Edit dataset number ${index}` }));
}

describe("over a run", () => {
  it("every request begins with the same bytes, up to the mark behind which the story stands", async () => {
    const ask = generator();
    for (const story of stories(3)) await ask.splitStory(splitRequest({ context, story }));
    const prefixes = claude.requests.map(({ body }) => {
      const blocks = blocksOf(body.messages?.[0]?.content);
      expect(blocks.map((block) => block.cache_control)).toEqual([{ type: "ephemeral" }, undefined]);
      return JSON.stringify([body.model, body.output_config, body.system, blocks[0]]);
    });
    expect(new Set(prefixes).size).toBe(1);
    expect(prefixes[0]).toContain("Prefer small steps.");
    expect(prefixes[0]).not.toContain("number 1");
    expect(JSON.stringify(claude.requests[1]?.body.messages)).toContain("number 1");
  });

  it("a correction reads the same prefix", async () => {
    claude.script(answers(subtasksAnswer(1)));
    await generator().splitStory(splitRequest({ context }));
    expect(claude.requests).toHaveLength(2);
    expect(claude.billed.cacheReadTokens).toBe(claude.billed.cacheWriteTokens);
    expect(claude.billed.cacheReadTokens).toBeGreaterThan(2_000);
  });

  it.each([1, 16])(
    "50 stories, %i at once, take 60 % less input at full price than without a cache",
    async (atOnce) => {
      const ask = generator();
      const left = stories(50);
      await Promise.all(
        Array.from({ length: atOnce }, async () => {
          for (let story = left.shift(); story !== undefined; story = left.shift()) {
            await ask.splitStory(splitRequest({ context, story }));
          }
        }),
      );
      const { inputTokens, cacheWriteTokens, cacheReadTokens, answers } = claude.billed;
      const all = inputTokens + cacheWriteTokens + cacheReadTokens;
      expect(answers).toBe(50);
      expect(inputTokens + cacheWriteTokens).toBeLessThan(0.4 * all);
      // Written once: those that start together wait until the first of them has begun.
      expect(cacheWriteTokens).toBe(cacheReadTokens / 49);
    },
  );
});

describe("calls that start together", () => {
  it("go on one by one until one is answered, where the first fails", async () => {
    claude.script(overloaded(), overloaded());
    const ask = generator();
    const results = await Promise.allSettled(
      stories(5).map((story) => ask.splitStory(splitRequest({ context, story }))),
    );
    expect(results.map(({ status }) => status)).toEqual([
      "rejected",
      "rejected",
      "fulfilled",
      "fulfilled",
      "fulfilled",
    ]);
    expect(claude.billed.cacheWriteTokens).toBe(claude.billed.cacheReadTokens / 2);
  });

  it("of different runs do not wait for each other", async () => {
    const ask = generator();
    // None is answered before all have asked.
    claude.script(...stories(4).map(() => hangs("headers")));
    const cancel = new AbortController();
    const { signal } = cancel;
    const asking = stories(4).map((story, index) =>
      ask.splitStory(splitRequest({ story, signal, context: { ...context, nonce: `n${index}` } })),
    );
    await Promise.all(asking.map(() => claude.nextRequest()));
    cancel.abort();
    await Promise.allSettled(asking);
  });

  it("leave with their own reason while they wait", async () => {
    const [first, second] = stories(2);
    const ask = generator();
    const cancel = new AbortController();
    const going = ask.splitStory(splitRequest({ context, story: first! }));
    const waiting = ask.splitStory(splitRequest({ context, story: second!, signal: cancel.signal }));
    const reason = new Error("cancelled");
    cancel.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await going;
    expect(claude.requests).toHaveLength(1);
  });
});
