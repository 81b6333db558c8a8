import { afterEach, describe, expect, it } from "vitest";
import { createBudget } from "../../src/engine/executor/budget.ts";
import { createAnthropicGenerator } from "../../src/generation/anthropic/anthropic-generator.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { breaksOff, rateLimited } from "../support/loopback-claude/known-failures.ts";
import { says, type MessageOptions, type Reply } from "../support/loopback-claude/replies.ts";
import { type LoopbackClaude, startLoopbackClaude } from "../support/loopback-claude/server.ts";
import { soundAnswer } from "../support/loopback-claude/sound-answers.ts";

// Runs with `maxCostUsd`, on the whole program with a loopback Claude every answer of which costs the same.

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** 2,500 input tokens at $2 and 2,500 output tokens at $10 per million. */
const COST = 0.03;
const USAGE = {
  input_tokens: 2_500,
  output_tokens: 2_500,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
};
const STORIES = Array.from({ length: 8 }, (_, i) => `As a user I want thing number ${i}`);

async function startClaude(options: MessageOptions = {}): Promise<LoopbackClaude> {
  const claude = await startLoopbackClaude({
    respond: ({ body }) => says(soundAnswer(body), { usage: USAGE, ...options }),
  });
  open.push(claude);
  return claude;
}

async function startApp(claude: LoopbackClaude, databaseUrl?: string): Promise<TestApp> {
  const generator = createAnthropicGenerator({ apiKey: "k", baseURL: claude.baseURL, model: "claude-sonnet-5-5" });
  const app = await startTestApp({ generator, retryBaseMs: 1, ...(databaseUrl ? { databaseUrl } : {}) });
  open.push(app);
  return app;
}

async function runWithin(maxCostUsd: number, options: MessageOptions = {}, ...replies: Reply[]) {
  const claude = await startClaude(options);
  const app = await startApp(claude);
  claude.script(...replies);
  const { epicId } = await app.backlog(STORIES);
  const runId = await app.start(epicId, { maxCostUsd });
  await app.watchToEnd(runId);
  return { run: await app.readRun(runId), claude, app, runId };
}

describe("a run with a budget", () => {
  it("begins no story that may pass it, and says what was spent to the cent", async () => {
    const { run, claude } = await runWithin(6.4 * COST);
    // What is reckoned with for the next one is half as much again as the dearest.
    expect(run).toMatchObject({ status: "PARTIAL", completedItems: 5, cancelledItems: 3, failedItems: 0 });
    expect(run.usage.costUsd).toBeCloseTo(5 * COST);
    expect(run.error).toMatch(/^The budget of \$0\.192 does not allow another item: \$0\.15 is spent, .* \$0\.045\./u);
    expect(run.logs.nodes.at(-1)).toMatchObject({ level: "WARN", message: run.error });
    expect(claude.requests).toHaveLength(5);
  });

  it("is not opened by a first call that failed and cost nothing", async () => {
    const { run, claude } = await runWithin(3 * COST, {}, rateLimited(0));
    expect(run.status).toBe("PARTIAL");
    expect(run.usage.costUsd).toBeLessThanOrEqual(3 * COST);
    expect(claude.mostAtOnce).toBe(1);
  });

  it("is not opened by a first answer that broke off and told of little", async () => {
    const broken = breaksOff("{}", "destroy", 1);
    const { run } = await runWithin(3 * COST, {}, broken, broken);
    expect(run.status).toBe("PARTIAL");
    expect(run.usage.costUsd).toBeLessThanOrEqual(3 * COST);
  });

  it("spends nothing where the first story would already pass it", async () => {
    const { run, claude } = await runWithin(0.001);
    expect(run).toMatchObject({ status: "FAILED", phase: "FAILED", completedItems: 0, cancelledItems: 8 });
    expect(run.error).toMatch(
      /^The budget of \$0\.001 does not allow another item: \$0 is spent.* higher maxCostUsd\./u,
    );
    expect(run.usage.costUsd).toBe(0);
    expect(claude.requests).toHaveLength(0);
  });

  it("ends where the provider does not tell what a call took", async () => {
    const { run, claude } = await runWithin(10 * COST, { bare: true });
    expect(run).toMatchObject({ status: "PARTIAL", completedItems: 1, usage: { costUsd: null } });
    expect(run.error).toMatch(/^The budget of \$0\.3 cannot be held any longer/u);
    expect(claude.requests).toHaveLength(1);
  });

  it("goes on from what was spent before its server was closed", async () => {
    const claude = await startClaude();
    const first = await startApp(claude);
    const { epicId } = await first.backlog(STORIES);
    const runId = await first.start(epicId, { maxCostUsd: 4.5 * COST, pacing: "SAFE" });
    await first.until(runId, ({ run }) => run.completedItems === 1);
    const { databaseUrl } = first;
    await first.close();
    open.splice(open.indexOf(first), 1);
    const second = await startApp(claude, databaseUrl);
    await second.watchToEnd(runId);
    const run = await second.readRun(runId);
    expect(run.status).toBe("PARTIAL");
    expect(run.usage.costUsd).toBeLessThanOrEqual(4.5 * COST);
    expect(run.completedItems).toBeGreaterThan(1);
  });
});

describe("how many may begin", () => {
  it("is one until it is known what one costs, then as many as fit beside those in flight", () => {
    const budget = createBudget(1, null);
    expect([budget.mayStart(0, 0), budget.mayStart(0, 1)]).toEqual([1, 0]);
    budget.learn(0.125, true);
    expect([budget.mayStart(0.125, 0), budget.mayStart(0.125, 3), budget.mayStart(0.125, 9)]).toEqual([4, 1, 0]);
  });

  it("has no end without a budget, or where nothing costs anything", () => {
    expect(createBudget(null, null).mayStart(null, 99)).toBe(Infinity);
    expect(createBudget(1, 0).mayStart(0, 99)).toBe(Infinity);
  });
});
