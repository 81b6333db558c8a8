import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAnthropicGenerator } from "../../src/generation/anthropic/anthropic-generator.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { asAnthropic } from "../support/as-anthropic.ts";
import { type LoopbackClaude, startLoopbackClaude } from "../support/loopback-claude/server.ts";

// `estimateRun`, asked as a client asks it; Anthropic is played by the loopback Claude.

let claude: LoopbackClaude;
let app: TestApp;
/** Asks another server: a model without a price, and one more that runs may name. */
let elsewhere: TestApp;
/** Status of what counts tokens; 0 lets it count. */
let refusal = 0;

beforeAll(async () => {
  claude = await startLoopbackClaude();
  const anthropic = asAnthropic(claude);
  const generator = createAnthropicGenerator({
    apiKey: "sk-test",
    model: "claude-sonnet-5-5",
    ...anthropic,
    fetch: async (url, init) =>
      refusal === 0
        ? await anthropic.fetch!(url, init)
        : Response.json({ type: "error", error: { type: "authentication_error", message: "no" } }, { status: refusal }),
  });
  app = await startTestApp({ generator });
  elsewhere = await startTestApp({
    env: {
      GENERATOR: "anthropic",
      ANTHROPIC_BASE_URL: claude.baseURL,
      MODEL: "llama4",
      MODELS: "claude-haiku-5-5",
    },
  });
});
afterAll(async () => {
  await elsewhere?.close();
  await app?.close();
  await claude?.close();
});

const ESTIMATE = `query ($input: StartGenerateSubtasksInput!) {
  estimateRun(input: $input) {
    __typename
    ... on RunEstimate { itemsToDo itemsToSkip inputTokens outputTokens costUsd durationMs }
    ... on Error { message }
    ... on InvalidInputError { issues { path } }
  }
}`;
interface Answer {
  readonly __typename: string;
  readonly itemsToDo?: number;
  readonly inputTokens?: number;
  readonly costUsd?: number | null;
  readonly durationMs?: number;
  readonly message?: string;
}

async function estimate(of: TestApp, input: Readonly<Record<string, unknown>>): Promise<Answer> {
  const response = await fetch(`${of.app.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: ESTIMATE, variables: { input } }),
  });
  const { data } = (await response.json()) as { data: { estimateRun: Answer } };
  return data.estimateRun;
}

/** What was asked of Claude while this was done. */
async function counting<T>(work: () => Promise<T>): Promise<{ result: T; counted: number; asked: number }> {
  const before = { counted: claude.counted, asked: claude.requests.length };
  const result = await work();
  return { result, counted: claude.counted - before.counted, asked: claude.requests.length - before.asked };
}

const titles = (count: number) => Array.from({ length: count }, (_, i) => `As a user I want thing number ${i}`);

describe("an estimate tells what a start would do, and spends nothing", () => {
  it("with what is there skipped, or not", async () => {
    const { epicId, storyIds } = await app.backlog(titles(3));
    await app.watchToEnd(await app.start(epicId, { storyIds: [storyIds[0] ?? ""] }));
    const told = async (existingBehavior: string) =>
      await counting(() => estimate(app, { epicId, options: { existingBehavior } }));
    expect(await told("SKIP")).toMatchObject({ result: { itemsToDo: 2, itemsToSkip: 1 }, counted: 2, asked: 0 });
    expect(await told("APPEND")).toMatchObject({ result: { itemsToDo: 3, itemsToSkip: 0 }, counted: 3, asked: 0 });
    expect(await told("REPLACE")).toMatchObject({ result: { itemsToDo: 3, itemsToSkip: 0 }, counted: 3, asked: 0 });
    const chosen = await counting(() => estimate(app, { epicId, storyIds: [storyIds[0]] }));
    expect(chosen).toMatchObject({
      result: { itemsToDo: 0, itemsToSkip: 1, inputTokens: 0, outputTokens: 0, costUsd: 0, durationMs: 0 },
      counted: 0,
    });
    expect(await app.sql(`SELECT id FROM "Run" WHERE "epicId" IS NOT NULL`)).toHaveLength(1);
  });

  it("as the run then takes it, token by token", async () => {
    const { epicId } = await app.backlog(titles(4));
    const { inputTokens } = await estimate(app, { epicId, options: { instructions: "Small steps." } });
    const runId = await app.start(epicId, { instructions: "Small steps." });
    await app.watchToEnd(runId);
    const { usage } = await app.readRun(runId);
    expect(inputTokens).toBe(usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens);
  });

  it("of 200 stories with five counts", async () => {
    const { epicId } = await app.backlog(titles(200));
    const { result, counted, asked } = await counting(() => estimate(app, { epicId, options: { pacing: "ADAPTIVE" } }));
    expect(result).toMatchObject({ __typename: "RunEstimate", itemsToDo: 200 });
    expect([counted, asked]).toEqual([5, 0]);
    expect(result.costUsd).toBeGreaterThan(1);
  });

  it("with a duration that no run is shorter than, however many go at once", async () => {
    const { epicId, storyIds } = await app.backlog(titles(17));
    const lasting = async (count: number, pacing: string) =>
      (await estimate(app, { epicId, storyIds: storyIds.slice(0, count), options: { pacing } })).durationMs ?? NaN;
    const one = await lasting(1, "ADAPTIVE");
    expect(one).toBeGreaterThan(1_000);
    expect(await lasting(16, "ADAPTIVE")).toBe(one);
    expect(await lasting(17, "ADAPTIVE")).toBe(2 * one);
    expect(await lasting(3, "SAFE")).toBe(3 * one);
  });
});

describe("an estimate with another model", () => {
  it("knows its price or says that it does not", async () => {
    const { epicId } = await elsewhere.backlog(titles(2));
    const usual = await counting(() => estimate(elsewhere, { epicId }));
    expect(usual).toMatchObject({ result: { itemsToDo: 2, costUsd: null }, counted: 0, asked: 0 });
    const named = await estimate(elsewhere, { epicId, options: { model: "claude-haiku-5-5" } });
    expect(named.costUsd).toBeGreaterThan(0);
  });
});

describe("an estimate says what is wrong as the start would", () => {
  it.each<[string, Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>]>([
    ["no epic is named", { epicId: null }, { __typename: "InvalidInputError", issues: [{ path: ["epicId"] }] }],
    ["there is no such epic", { epicId: "nothing" }, { __typename: "NotFoundError" }],
    [
      "the model is not offered",
      { options: { model: "gpt" } },
      { __typename: "InvalidInputError", issues: [{ path: ["options", "model"] }], message: /claude-haiku-5-5/u },
    ],
    [
      "there is no price to hold a budget by",
      { options: { maxCostUsd: 1 } },
      { __typename: "InvalidInputError", issues: [{ path: ["options", "maxCostUsd"] }], message: /set PRICES/u },
    ],
    ["there is nothing to do", { storyIds: [] }, { __typename: "NothingToDoError" }],
  ])("%s", async (_, input, { message = /\w/u, ...answer }) => {
    const { epicId } = await elsewhere.backlog(titles(1));
    const told = await estimate(elsewhere, { epicId, ...input });
    expect(told).toMatchObject(answer);
    expect(told.message).toMatch(message as RegExp);
  });

  it("and that no call would succeed", async () => {
    const { epicId } = await app.backlog(titles(1));
    refusal = 401;
    const told = await estimate(app, { epicId }).finally(() => (refusal = 0));
    expect(told).toMatchObject({
      __typename: "InvalidInputError",
      message: expect.stringMatching(/^Anthropic does not accept the API key\./u),
    });
  });

  it("but not that counting failed: then it tells by length", async () => {
    const { epicId } = await app.backlog(titles(1));
    refusal = 503;
    const told = await estimate(app, { epicId }).finally(() => (refusal = 0));
    expect(told).toMatchObject({ __typename: "RunEstimate", itemsToDo: 1 });
  });
});
