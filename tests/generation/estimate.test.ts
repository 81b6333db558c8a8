import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAnthropicGenerator, type AnthropicOptions } from "../../src/generation/anthropic/anthropic-generator.ts";
import type { EstimateRequest, StoryToSplit } from "../../src/generation/generator.ts";
import { createOutlineGenerator } from "../../src/generation/outline.ts";
import { asAnthropic } from "../support/as-anthropic.ts";
import { startLoopbackClaude, type LoopbackClaude } from "../support/loopback-claude/server.ts";
import { RUN_CONTEXT, splitRequest, storyToSplit } from "../support/split-requests.ts";

let claude: LoopbackClaude;

beforeEach(async () => {
  claude = await startLoopbackClaude();
});
afterEach(() => claude.close());

/** A generator for Anthropic itself, answered by the loopback server. */
function generator(options: Partial<AnthropicOptions> = {}) {
  return createAnthropicGenerator({
    apiKey: "sk-test-key",
    model: "claude-sonnet-5-5",
    ...asAnthropic(claude),
    ...options,
  });
}

function stories(count: number): StoryToSplit[] {
  return Array.from({ length: count }, (_, index) =>
    storyToSplit({ title: `Edit dataset ${index}`, description: "A sentence on it. ".repeat(1 + ((index * 7) % 40)) }),
  );
}

function request(told: Partial<EstimateRequest>): EstimateRequest {
  const { signal } = new AbortController();
  return { context: RUN_CONTEXT, stories: [], mode: "STANDARD", model: null, signal, ...told };
}

async function splitAll(each: readonly StoryToSplit[]): Promise<number> {
  for (const story of each) await generator().splitStory(splitRequest({ story, mode: "STANDARD" }));
  const { inputTokens, cacheReadTokens, cacheWriteTokens } = claude.billed;
  return inputTokens + cacheReadTokens + cacheWriteTokens;
}

describe("an estimate", () => {
  it("of a few stories is the provider's own count of every one", async () => {
    const few = stories(4);
    const estimate = await generator().estimate(request({ stories: few }));
    expect(claude.counted).toBe(4);
    expect(claude.requests).toHaveLength(0);
    expect(estimate).toMatchObject({ inputTokens: await splitAll(few), exact: true });
  });

  it("of many is told from five counts, and close to what they take", async () => {
    const many = stories(60);
    const estimate = await generator().estimate(request({ stories: many }));
    expect(claude.counted).toBe(5);
    expect(estimate.exact).toBe(false);
    const taken = await splitAll(many);
    expect(estimate.inputTokens / taken).toBeGreaterThan(0.95);
    expect(estimate.inputTokens / taken).toBeLessThan(1.05);
  });

  it("counts what the cache saves", async () => {
    const many = stories(60);
    const { costUsd, inputTokens, outputTokens } = await generator().estimate(request({ stories: many }));
    const without = (inputTokens * 2 + outputTokens * 10) / 1e6;
    expect(costUsd).toBeGreaterThan((outputTokens * 10) / 1e6);
    expect(costUsd).toBeLessThan(without - (inputTokens * 2 * 0.4) / 1e6);
  });

  it("by length where the provider does not count: at other servers, without a key, and where counting fails", async () => {
    const told = request({ stories: stories(3) });
    const elsewhere = await generator({ baseURL: claude.baseURL }).estimate(told);
    const keyless = await generator({ apiKey: null }).estimate(told);
    const failing = await generator({ fetch: async () => new Response("", { status: 503 }) }).estimate(told);
    expect(claude.counted).toBe(0);
    for (const { exact, inputTokens, outputTokens, msPerStory } of [elsewhere, keyless, failing]) {
      expect(exact).toBe(false);
      expect(Math.min(inputTokens, outputTokens, msPerStory)).toBeGreaterThan(1000);
    }
  });

  it("fails where no run could succeed", async () => {
    const body = JSON.stringify({ type: "error", error: { type: "authentication_error", message: "invalid" } });
    const refused = generator({ fetch: async () => new Response(body, { status: 401 }) });
    await expect(refused.estimate(request({ stories: stories(1) }))).rejects.toMatchObject({ fatal: true });
  });

  it("knows no cost where it knows no price, and takes the model that the run would", async () => {
    const told = request({ stories: stories(2) });
    expect(await generator().estimate({ ...told, model: "llama4" })).toMatchObject({ costUsd: null });
    const economy = await generator().estimate({ ...told, model: "claude-haiku-5-5" });
    const usual = await generator().estimate(told);
    expect(economy.costUsd).toBeLessThan((usual.costUsd ?? 0) / 10);
  });

  it("grows with the mode", async () => {
    const [compact, detailed] = await Promise.all(
      (["COMPACT", "DETAILED"] as const).map((mode) => generator().estimate(request({ stories: stories(1), mode }))),
    );
    expect(detailed!.outputTokens).toBeGreaterThan(compact!.outputTokens);
    expect(detailed!.msPerStory).toBeGreaterThan(compact!.msPerStory);
  });

  it("of nothing is nothing, and of the outline too", async () => {
    expect(await generator().estimate(request({}))).toMatchObject({ inputTokens: 0, outputTokens: 0, costUsd: 0 });
    expect(await createOutlineGenerator().estimate(request({ stories: stories(9) }))).toEqual({
      inputTokens: 0,
      outputTokens: 0,
      costUsd: 0,
      msPerStory: 0,
      exact: true,
    });
  });

  it("ends with the signal's reason", async () => {
    const reason = new Error("left");
    const told = request({ stories: stories(1), signal: AbortSignal.abort(reason) });
    await expect(generator().estimate(told)).rejects.toBe(reason);
  });
});
