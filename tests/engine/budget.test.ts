import { afterEach, describe, expect, it } from "vitest";
import { createBudget, type ItemSpending } from "../../src/engine/executor/budget.ts";
import { createAnthropicGenerator } from "../../src/generation/anthropic/anthropic-generator.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { breaksOff, rateLimited } from "../support/loopback-claude/known-failures.ts";
import { says, type MessageOptions, type Reply } from "../support/loopback-claude/replies.ts";
import { type LoopbackClaude, type LoopbackOptions, startLoopbackClaude } from "../support/loopback-claude/server.ts";
import { soundAnswer } from "../support/loopback-claude/sound-answers.ts";
import { blocksOf } from "../support/loopback-claude/wire.ts";
import { checkHistory } from "../support/run-history.ts";
import { createRandom } from "../support/random.ts";
import { subtasksAnswer } from "../support/subtask-answers.ts";

// Runs with `maxCostUsd`, on the whole program with a loopback Claude.

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** What every answer costs, unless told otherwise: 2,500 input tokens at $2 and 2,500 output tokens at $10 per million. */
const COST = 0.03;
const USAGE = {
  input_tokens: 2_500,
  output_tokens: 2_500,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
};
const STORIES = Array.from({ length: 8 }, (_, i) => `As a user I want thing number ${i}`);

async function startClaude(respond: LoopbackOptions["respond"] = equal()): Promise<LoopbackClaude> {
  const claude = await startLoopbackClaude({ respond });
  open.push(claude);
  return claude;
}

function equal(options: MessageOptions = {}): LoopbackOptions["respond"] {
  return ({ body }) => says(soundAnswer(body), { usage: USAGE, ...options });
}

async function startApp(claude: LoopbackClaude, databaseUrl?: string): Promise<TestApp> {
  const generator = createAnthropicGenerator({ apiKey: "k", baseURL: claude.baseURL, model: "claude-sonnet-5-5" });
  const app = await startTestApp({ generator, retryBaseMs: 1, ...(databaseUrl ? { databaseUrl } : {}) });
  open.push(app);
  return app;
}

async function runWithin(maxCostUsd: number, options: MessageOptions = {}, ...replies: Reply[]) {
  const claude = await startClaude(equal(options));
  claude.script(...replies);
  return { ...(await runOn(claude, maxCostUsd)), claude };
}

/** A run over the stories, of which those from `splitFrom` on have subtasks already. */
async function runBesideSplit(maxCostUsd: number, splitFrom: number) {
  const claude = await startClaude();
  const app = await startApp(claude);
  const { epicId, storyIds } = await app.backlog(STORIES);
  await app.watchToEnd(await app.start(epicId, { storyIds: storyIds.slice(splitFrom) }));
  const before = claude.requests.length;
  const runId = await app.start(epicId, { maxCostUsd });
  checkHistory(await app.history(runId));
  return { run: await app.readRun(runId), requests: claude.requests.length - before };
}

async function runOn(claude: LoopbackClaude, maxCostUsd: number) {
  const app = await startApp(claude);
  const { epicId } = await app.backlog(STORIES);
  const runId = await app.start(epicId, { maxCostUsd });
  await app.watchToEnd(runId);
  return { run: await app.readRun(runId) };
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

  it("needs none for stories that are skipped", async () => {
    const { run, requests } = await runBesideSplit(0.001, 0);
    expect(run).toMatchObject({ status: "SUCCEEDED", skippedItems: 8, cancelledItems: 0, error: null });
    expect(requests).toBe(0);
  });

  it("skips what there is to skip where it ends, and leaves the rest", async () => {
    const { run, requests } = await runBesideSplit(2.6 * COST, 5);
    const counters = { completedItems: 2, skippedItems: 3, cancelledItems: 3 };
    expect(run).toMatchObject({ status: "PARTIAL", error: expect.stringMatching(/^The budget/u), ...counters });
    expect(run.items.nodes.slice(5).map(({ status }) => status)).toEqual(Array(3).fill("SKIPPED"));
    expect(requests).toBe(2);
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

describe("a run with a budget whose answers are unequal", () => {
  it("asks for no correction that may pass it, and says so", async () => {
    const claude = await startUnequalClaude(({ story, isCorrection }) =>
      story > 0 && !isCorrection ? "unsound" : null,
    );
    const { run } = await runOn(claude, 0.3);
    expect(run.status).toBe("PARTIAL");
    expect(run.completedItems).toBeGreaterThan(1);
    const refused = run.items.nodes.filter(({ status }) => status === "FAILED");
    expect(refused.length).toBeGreaterThan(0);
    for (const { error } of refused)
      expect(error).toMatch(
        / cannot be saved, and a correction could pass the budget\. There are 2 .* higher maxCostUsd\.$/u,
      );
    expect(run.usage.costUsd).toBeCloseTo(billedUsd(claude), 6);
    expect(billedUsd(claude)).toBeLessThanOrEqual(0.3);
    expect(billedUsd(claude)).toBeGreaterThan(0.15);
  });

  it("counts what broke off at nearly its end for what it is billed", async () => {
    const claude = await startUnequalClaude(({ request }) => (request % 3 === 0 ? null : "broken"));
    const { run } = await runOn(claude, 0.2);
    expect(run).toMatchObject({
      status: "PARTIAL",
      error: expect.stringMatching(/^The budget of \$0\.2 does not allow/u),
    });
    expect(run.usage.costUsd).toBeGreaterThanOrEqual(billedUsd(claude));
    expect(billedUsd(claude)).toBeLessThanOrEqual(0.2);
    expect(billedUsd(claude)).toBeGreaterThan(0.1);
  });
});

/** A Claude whose answers cost between $0.02 and $0.03, and of which `spoil` says what is wrong with them. */
function startUnequalClaude(
  spoil: (asked: { request: number; story: number; isCorrection: boolean }) => "unsound" | "broken" | null,
): Promise<LoopbackClaude> {
  let asked = 0;
  return startClaude(({ body }) => {
    const request = (asked += 1);
    const task = blocksOf(body.messages?.[0]?.content).at(-1)?.text ?? "";
    const story = Number(/thing number (\d+)/u.exec(task)?.[1]);
    const isCorrection = (body.messages?.length ?? 0) > 1;
    const fault = spoil({ request, story, isCorrection });
    const answer = subtasksAnswer(fault === "unsound" ? 2 : 6);
    const description = "word ".repeat(Math.floor((1_300 + 100 * ((5 * request) % 7)) / answer.subtasks.length));
    const text = JSON.stringify({ subtasks: answer.subtasks.map((subtask) => ({ ...subtask, description })) });
    return says(text, fault === "broken" ? { broken: { after: Math.floor(0.95 * text.length), by: "destroy" } } : {});
  });
}

/** What the provider takes for what it has written and read so far. */
function billedUsd({ billed }: LoopbackClaude): number {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = billed;
  return (inputTokens * 2 + outputTokens * 10 + cacheReadTokens * 0.1 + cacheWriteTokens * 2.5) / 1e6;
}

describe("how many may begin", () => {
  const budgetOf = (maxCostUsd: number | null, expectedUsd: number | null = null) =>
    createBudget({ maxCostUsd, expectedUsd, spentUsd: 0 });

  it("is one until it is known what one costs, then as many as fit beside those under way", () => {
    const budget = budgetOf(1);
    expect(budget.mayStart()).toBe(1);
    const first = budget.begin();
    expect(budget.mayStart()).toBe(0);
    first.spend(0.125);
    first.end(true);
    expect(budget.mayStart()).toBe(4);
    for (const left of [3, 2, 1, 0]) {
      budget.begin();
      expect(budget.mayStart()).toBe(left);
    }
  });

  it("reckons with the dearest item, its correction included", () => {
    const budget = budgetOf(1);
    const first = budget.begin();
    first.spend(0.0625);
    expect(first.mayAskAgain(1)).toBe(true);
    first.spend(0.0625);
    first.end(true);
    expect(budget.mayStart()).toBe(4);
  });

  it("keeps what a further call may cost, in terms of the one before it where that is more", () => {
    const budget = budgetOf(1);
    const [first, second] = [budget.begin(), budget.begin()];
    first.spend(0.2);
    expect(first.mayAskAgain(5)).toBe(false);
    expect(first.mayAskAgain(3)).toBe(true);
    second.spend(0.1);
    expect(second.mayAskAgain(1)).toBe(false);
    first.spend(0.2);
    first.end(true);
    expect(second.mayAskAgain(1)).toBe(true);
  });

  it.each([1, 2, 3, 4, 5])("never passes it while no call costs more than was reckoned, with seed %i", (seed) => {
    const random = createRandom(seed);
    const between = (least: number, most: number) => least + ((most - least) * random.int(1_000)) / 999;
    for (let run = 0; run < 200; run += 1) {
      const maxCostUsd = between(1, 20);
      const budget = budgetOf(maxCostUsd, 1);
      const underWay: { spending: ItemSpending; most: number; spent: number; calls: number }[] = [];
      let [spent, dearestItem, dearestCall, told] = [0, 0, 0, false];
      for (let step = 0; step < 100; step += 1) {
        for (let may = Math.min(budget.mayStart(), 8); may > 0; may -= 1)
          underWay.push({
            spending: budget.begin(),
            most: told ? dearestItem * 1.5 : Math.max(1, dearestItem),
            spent: 0,
            calls: 0,
          });
        const [item] = underWay.splice(random.int(underWay.length), 1);
        if (item === undefined) break;
        const costUsd = between(0.2, 1) * item.most;
        item.spending.spend(costUsd);
        item.spent += costUsd;
        item.calls += 1;
        spent += costUsd;
        dearestCall = Math.max(dearestCall, costUsd);
        dearestItem = Math.max(dearestItem, item.spent);
        if (random.int(10) < 4 && item.calls < 3 && item.spending.mayAskAgain(1))
          underWay.push({ ...item, most: Math.max(dearestCall * 1.5, told ? 0 : 1) });
        else {
          const whole = random.int(10) < 7;
          item.spending.end(whole);
          told ||= whole;
        }
        expect(spent).toBeLessThanOrEqual(maxCostUsd + 1e-9);
      }
    }
  });

  it("has no end without a budget, or where nothing costs anything", () => {
    expect(createBudget({ maxCostUsd: null, expectedUsd: null, spentUsd: null }).mayStart()).toBe(Infinity);
    expect(budgetOf(1, 0).mayStart()).toBe(Infinity);
  });
});
