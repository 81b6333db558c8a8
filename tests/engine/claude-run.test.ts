import { afterEach, expect, test } from "vitest";
import { createAnthropicGenerator } from "../../src/generation/anthropic/anthropic-generator.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { rowId } from "../support/client.ts";
import { rateLimited } from "../support/loopback-claude/known-failures.ts";
import { type LoopbackClaude, type LoopbackOptions, startLoopbackClaude } from "../support/loopback-claude/server.ts";
import { blocksOf } from "../support/loopback-claude/wire.ts";

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
    idleMs: 2_000,
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
  const { app, claude } = await startWithClaude({ tokensPerSecond: 400 });
  const { epicId } = await app.backlog(["As a user I want to search"]);
  const runId = await app.start(epicId);
  const seen = await (await app.join(runId)).toEnd;
  const indexes = seen.flatMap(({ draft }) => draft?.index ?? []);
  // Those that were written before anybody watched are lost.
  const { createdCount } = await app.readRun(runId);
  const missed = createdCount - indexes.length;
  expect(indexes).toEqual(Array.from({ length: createdCount }, (_, i) => i).slice(missed));
  expect(indexes.length).toBeGreaterThan(1);
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

test("of a story and its context the provider gets what the README names, and no id or code of anything", async () => {
  const { app, claude } = await startWithClaude();
  const { projectId, epicId, storyIds } = await app.backlog(["As a user I want to search, so that I find"]);
  const append = { existingBehavior: "APPEND", instructions: "Small steps." } as const;
  await app.watchToEnd(await app.start(epicId, append));
  const runId = await app.start(epicId, append);
  await app.watchToEnd(runId);

  const { headers, body } = claude.requests.at(-1)!;
  const blocks = blocksOf(body.messages?.[0]?.content).map(({ text = "" }) => text);
  const [context, story] = blocks.map((text) => JSON.parse(/>\n(.*)\n</su.exec(text)?.[1] ?? "") as object);
  expect(context).toEqual({
    project: { name: "Test", description: null, context: null },
    epic: { title: "Epic", description: null },
    storiesOfTheEpic: ["Search"],
    wishes: "Small steps.",
  });
  expect(story).toEqual({
    title: "Search",
    persona: "user",
    narrative: "As a user I want to search, so that I find",
    description: null,
    priority: null,
    effort: null,
    acceptanceCriteria: [],
    existingSubtasks: expect.arrayContaining([{ title: expect.any(String), description: expect.any(String) }]),
  });
  const sent = JSON.stringify([headers, body]);
  for (const id of [projectId, epicId, runId, ...storyIds]) {
    expect(sent).not.toContain(id);
    expect(sent).not.toContain(rowId(id).slice(-12));
  }
  expect(sent).not.toMatch(/"(?:S|E|ST)\d+[":]/u);
});
