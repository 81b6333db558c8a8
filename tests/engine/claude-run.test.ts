import { afterEach, expect, test } from "vitest";
import { createAnthropicGenerator } from "../../src/generation/anthropic/anthropic-generator.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { rateLimited } from "../support/loopback-claude/known-failures.ts";
import { type LoopbackClaude, type LoopbackOptions, startLoopbackClaude } from "../support/loopback-claude/server.ts";

// Runs whose stories are split by the real SDK, talking to a loopback Claude. What fails is in claude-failures.test.ts.

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function startWithClaude(options: LoopbackOptions = {}): Promise<{ app: TestApp; claude: LoopbackClaude }> {
  const claude = await startLoopbackClaude(options);
  open.push(claude);
  const generator = createAnthropicGenerator({
    apiKey: "sk-test",
    baseURL: claude.baseURL,
    model: "claude-sonnet-5-5",
    idleMs: 500,
  });
  const app = await startTestApp({ generator, retryBaseMs: 10 });
  open.push(app);
  return { app, claude };
}

test("a 429 without a time to wait, from a server that is not Anthropic's, is tried again", async () => {
  const { app, claude } = await startWithClaude();
  const { epicId } = await app.backlog(["As a user I want to search"]);
  claude.script(rateLimited(null));
  const runId = await app.start(epicId);
  await app.watchToEnd(runId);
  const run = await app.readRun(runId);
  expect(run.status).toBe("SUCCEEDED");
  expect(run.items.nodes[0]).toMatchObject({ status: "COMPLETED", attempts: 2 });
});

test("drafts come while the answer is being written", async () => {
  const { app, claude } = await startWithClaude({ tokensPerSecond: 2_000 });
  const { epicId } = await app.backlog(["As a user I want to search"]);
  const runId = await app.start(epicId);
  const seen = await app.watchToEnd(runId);
  const drafts = seen.filter(({ kind }) => kind === "DRAFTED");
  expect(drafts.map(({ draft }) => draft?.index)).toEqual(drafts.map((_, i) => i));
  expect(drafts.length).toBeGreaterThanOrEqual(5);
  expect(seen.findLastIndex(({ kind }) => kind === "DRAFTED")).toBeLessThan(
    seen.findIndex(({ item }) => item?.status === "COMPLETED"),
  );
  expect(claude.requests).toHaveLength(1);
});

test("a cancel closes the provider's socket at once", async () => {
  const { app, claude } = await startWithClaude({ tokensPerSecond: 20 });
  const { epicId } = await app.backlog(["As a user I want to search"]);
  const runId = await app.start(epicId);
  const request = await claude.nextRequest();
  await request.sentUpTo(10);
  await app.cancel(runId);
  // Not at its end, which at this pace is many seconds away.
  expect(await request.ended).toBe("left");
});

test("tokens and cost are on the item and the run, cached ones apart", async () => {
  const { app, claude } = await startWithClaude();
  const { epicId } = await app.backlog([
    "As a user I want to search",
    "As a user I want to pay",
    "As a user I want to go",
  ]);
  const runId = await app.start(epicId);
  await app.watchToEnd(runId);
  const { usage } = await app.readRun(runId);
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = claude.billed;
  expect(usage).toMatchObject({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens });
  expect(usage.costUsd).toBeGreaterThan(0);
});
