import { afterEach, describe, expect, test } from "vitest";
import { createAnthropicGenerator } from "../../src/generation/anthropic/anthropic-generator.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import {
  badKey,
  badRequest,
  breaksOff,
  innerFailure,
  notPermitted,
  overloaded,
  rateLimited,
  refuses,
  spendLimit,
  tooLarge,
  unavailablePage,
  unknownModel,
  webPage,
} from "../support/loopback-claude/known-failures.ts";
import { answers, breaks, type Reply } from "../support/loopback-claude/replies.ts";
import { type LoopbackClaude, type LoopbackOptions, startLoopbackClaude } from "../support/loopback-claude/server.ts";

// Runs whose stories are split by the real SDK, talking to a loopback Claude: what a run, its items, its log and whoever
// watches show of what the provider does.

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

const STORIES = ["As a user I want to search", "As a user I want to pay"];

async function runWith(...replies: Reply[]) {
  const { app, claude } = await startWithClaude();
  const { epicId } = await app.backlog(STORIES);
  claude.script(...replies);
  // One after the other, so that the scripted replies meet the first story.
  const runId = await app.start(epicId, { pacing: "SAFE", storyIds: [(await app.readStories(epicId))[0]?.id ?? ""] });
  const seen = await app.watchToEnd(runId);
  return { app, claude, epicId, seen, run: await app.readRun(runId) };
}

const TEXT = JSON.stringify({ subtasks: [] });

describe("what passes by itself is tried again, seen as attempts and in the log:", () => {
  test.each<[string, Reply]>([
    ["429 with a time to wait", rateLimited(0)],
    ["429 without one, from a server that is not Anthropic's", rateLimited(null)],
    ["529", overloaded()],
    ["500", innerFailure()],
    ["503 with a web page", unavailablePage()],
    ["200 with a web page", webPage()],
    ["a connection that breaks before an answer", breaks()],
    ["a connection that is destroyed in mid-stream", breaksOff(TEXT, "destroy")],
    ["a stream that ends without its end", breaksOff(TEXT, "end")],
    ["an error event in mid-stream", breaksOff(TEXT, { type: "overloaded_error", message: "Overloaded" })],
    ["a stream that stalls", breaksOff(TEXT, "stall")],
  ])("%s", async (_name, reply) => {
    const { run, seen, claude } = await runWith(reply);
    expect(run).toMatchObject({ status: "SUCCEEDED", completedItems: 1, failedItems: 0 });
    expect(run.items.nodes[0]).toMatchObject({ status: "COMPLETED", attempts: 2, error: null });
    expect(claude.requests).toHaveLength(2);
    expect(run.logs.nodes.filter(({ level }) => level === "WARN").map(({ message }) => message)).toEqual([
      expect.stringMatching(/^S1: .+ Trying again in \d+\.\d s\.$/),
    ]);
    const statuses = seen.flatMap(({ kind, item }) => (kind === "ITEM_UPDATED" && item ? [item.status] : []));
    expect(statuses.slice(-4)).toEqual(["GENERATING", "PENDING", "GENERATING", "COMPLETED"]);
  });
});

test("what goes on failing fails in the end, with what it was", async () => {
  const { run, claude } = await runWith(...Array.from({ length: 6 }, () => overloaded()));
  expect(run).toMatchObject({ status: "FAILED", failedItems: 1 });
  expect(run.items.nodes[0]).toMatchObject({ status: "FAILED", attempts: 6 });
  expect(claude.requests).toHaveLength(6);
});

describe("what no further try would change fails the story, and the others go on:", () => {
  test.each<[string, Reply]>([
    ["400", badRequest()],
    ["413", tooLarge()],
    ["a refusal", refuses()],
  ])("%s", async (_name, reply) => {
    const { app, claude } = await startWithClaude();
    const { epicId } = await app.backlog(STORIES);
    claude.script(reply);
    const runId = await app.start(epicId, { pacing: "FAST" });
    await app.watchToEnd(runId);
    const run = await app.readRun(runId);
    expect(run).toMatchObject({ status: "PARTIAL", completedItems: 1, failedItems: 1, cancelledItems: 0, error: null });
    expect(run.items.nodes[0]).toMatchObject({
      status: "FAILED",
      attempts: 1,
      error: expect.stringMatching(/\w{3}.*\./),
    });
    expect(run.logs.nodes.find(({ level }) => level === "ERROR")?.message).toContain(run.items.nodes[0]?.error);
  });
});

describe("what every further story would meet ends the run at once:", () => {
  test.each<[string, Reply]>([
    ["401", badKey()],
    ["403", notPermitted()],
    ["404, an unknown model", unknownModel()],
    ["a spend limit", spendLimit()],
  ])("%s", async (_name, reply) => {
    const { app, claude } = await startWithClaude();
    const { epicId } = await app.backlog([...STORIES, "As a user I want to leave", "As a user I want to come back"]);
    claude.script(reply);
    const runId = await app.start(epicId, { pacing: "SAFE" });
    const seen = await app.watchToEnd(runId);
    const run = await app.readRun(runId);
    expect(run).toMatchObject({ status: "FAILED", phase: "FAILED", failedItems: 1, cancelledItems: 3 });
    expect(run.error).toBe(run.items.nodes[0]?.error);
    expect(claude.requests).toHaveLength(1);
    expect(seen.at(-1)?.run.status).toBe("FAILED");
  });
});

test("an answer that does not pass is repaired once, and that is no attempt; what it cost counts", async () => {
  const { run, claude } = await runWith(answers({ subtasks: [] }));
  expect(run.items.nodes[0]).toMatchObject({ status: "COMPLETED", attempts: 1 });
  expect(claude.requests).toHaveLength(2);
});

test("an answer that cannot be repaired fails with what was wrong, and nothing is made up", async () => {
  const { run, app, epicId } = await runWith(answers({ subtasks: [] }), answers({ subtasks: [] }));
  expect(run.items.nodes[0]).toMatchObject({ status: "FAILED", createdCount: 0 });
  expect((await app.readStories(epicId))[0]?.subtasks.nodes).toEqual([]);
});

test("drafts come while the answer is being written, and their attempt's failure withdraws them", async () => {
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
  const { app, claude } = await startWithClaude({ tokensPerSecond: 100 });
  const { epicId } = await app.backlog(["As a user I want to search"]);
  const runId = await app.start(epicId);
  const request = await claude.nextRequest();
  await request.sentUpTo(10);
  const before = performance.now();
  await app.cancel(runId);
  expect(await request.ended).toBe("left");
  expect(performance.now() - before).toBeLessThan(500);
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
