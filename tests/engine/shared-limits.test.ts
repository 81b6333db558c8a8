import { afterEach, describe, expect, test } from "vitest";
import { createAnthropicGenerator } from "../../src/generation/anthropic/anthropic-generator.ts";
import { createOutlineGenerator } from "../../src/generation/outline.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { createTestDatabaseUrl } from "../support/database.ts";
import type { RateLimitOptions } from "../support/loopback-claude/rate-limits.ts";
import { says } from "../support/loopback-claude/replies.ts";
import { type LoopbackClaude, type LoopbackOptions, startLoopbackClaude } from "../support/loopback-claude/server.ts";
import { soundAnswer } from "../support/loopback-claude/sound-answers.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function startClaude(options: LoopbackOptions): Promise<LoopbackClaude> {
  const claude = await startLoopbackClaude(options);
  open.push(claude);
  return claude;
}

/** A whole program on that database. */
async function startWorker(claude: LoopbackClaude, databaseUrl: string): Promise<TestApp> {
  const generator = createAnthropicGenerator({
    apiKey: "sk-one-key",
    baseURL: claude.baseURL,
    model: "claude-sonnet-5-5",
  });
  const app = await startTestApp({ generator, databaseUrl });
  open.push(app);
  return app;
}

const stories = (count: number) => Array.from({ length: count }, (_, i) => `As a user I want thing number ${i}`);

/** Workers that take part in what is shared at this moment. */
async function sharers(app: TestApp): Promise<number> {
  const rows = await app.sql<{ count: number }>(
    `SELECT count(*)::int AS count FROM "ProviderAllowance", jsonb_object_keys(state->'workers')`,
  );
  return rows[0]?.count ?? 0;
}

/** Runs on two workers, each of which has some, to their good end. */
async function runOnTwo(limits: RateLimitOptions, benefit = ""): Promise<{ claude: LoopbackClaude; tookMs: number }> {
  const claude = await startClaude({
    ...limits,
    tokensPerSecond: 2_500,
    respond: ({ body }) => says(soundAnswer(body), { thinking: "x".repeat(2_000), charactersPerDelta: 200 }),
  });
  const databaseUrl = await createTestDatabaseUrl();
  const app = await startWorker(claude, databaseUrl);
  await startWorker(claude, databaseUrl);
  const began = performance.now();
  const runs: string[] = [];
  let sharing = 0;
  // Which worker takes up a run is nobody's choice: there are runs until both have one.
  for (let i = 0; i < 5 || (i < 20 && sharing < 2); i += 1) {
    const { epicId } = await app.backlog(stories(10).map((story) => story + benefit));
    const runId = await app.start(epicId);
    await app.until(runId, ({ run }) => run.status === "RUNNING");
    runs.push(runId);
    sharing = Math.max(sharing, await sharers(app));
  }
  expect(sharing).toBe(2);
  await Promise.all(runs.map((runId) => app.watchToEnd(runId)));
  const tookMs = performance.now() - began;
  for (const runId of runs) expect(await app.readRun(runId)).toMatchObject({ status: "SUCCEEDED", failedItems: 0 });
  return { claude, tookMs };
}

describe("two workers on one key", () => {
  test("keep to the provider's limits together, and use them", { timeout: 120_000 }, async () => {
    // A busy key: five requests a second, of which twenty are left from before. Alone, each worker would take five.
    const limits = {
      requestsPerMinute: 300,
      requestsLeft: 20,
      outputTokensPerMinute: 400_000,
      outputTokensLeft: 40_000,
    };
    const { claude, tookMs } = await runOnTwo(limits);
    const asked = claude.requests.length;
    expect(claude.refused / asked).toBeLessThan(0.05);
    const leastMs = ((asked - claude.refused - limits.requestsLeft) / limits.requestsPerMinute) * 60_000;
    expect(tookMs).toBeLessThan(5 * leastMs);
  });

  test("keep to what it lets them read together", { timeout: 120_000 }, async () => {
    // Long stories, which no cache has: fifty of them take 70,000 tokens.
    const limits = { inputTokensPerMinute: 400_000, inputTokensLeft: 30_000 };
    const { claude, tookMs } = await runOnTwo(limits, ` so that ${"I have what I need ".repeat(250)}`);
    expect(claude.refused / claude.requests.length).toBeLessThan(0.05);
    const read = claude.billed.inputTokens + claude.billed.cacheWriteTokens;
    const leastMs = ((read - limits.inputTokensLeft) / limits.inputTokensPerMinute) * 60_000;
    expect(tookMs).toBeLessThan(5 * leastMs);
  });

  test("a retry-after that one was told holds back every worker", async () => {
    const claude = await startClaude({});
    const databaseUrl = await createTestDatabaseUrl();
    const app = await startWorker(claude, databaseUrl);
    const { epicId } = await app.backlog(stories(1));
    claude.script({
      kind: "error",
      status: 429,
      type: "rate_limit_error",
      message: "Slow",
      headers: { "retry-after": "3" },
      details: undefined,
    });
    const runId = await app.start(epicId);
    await claude.nextRequest();
    await expect
      .poll(() => app.sql(`SELECT 1 FROM "ProviderAllowance" WHERE state->>'pausedUntil' IS NOT NULL`))
      .toHaveLength(1);
    const [paused] = await app.sql<{ until: number }>(
      `SELECT (state->>'pausedUntil')::float8 AS until FROM "ProviderAllowance"`,
    );
    const other = await startWorker(claude, databaseUrl);
    const more = await other.backlog(stories(4));
    const later = await other.start(more.epicId);
    await Promise.all([app.watchToEnd(runId), other.watchToEnd(later)]);
    const items = await app.sql<{ at: Date }>(`SELECT "startedAt" AS at FROM "RunItem" WHERE status = 'COMPLETED'`);
    expect(items).toHaveLength(5);
    for (const { at } of items) expect(at.getTime()).toBeGreaterThanOrEqual((paused?.until ?? Infinity) - 50);
  });
});

describe("costs the database nothing", () => {
  const written = `SELECT key FROM "ProviderAllowance"`;

  test("where no provider limits the calls", async () => {
    const app = await startTestApp({ generator: createOutlineGenerator() });
    open.push(app);
    const { epicId } = await app.backlog(stories(50));
    await app.watchToEnd(await app.start(epicId));
    expect(await app.sql(written)).toEqual([]);
  });

  test("where a run has a fixed pace", async () => {
    const app = await startWorker(await startClaude({ requestsPerMinute: 100 }), await createTestDatabaseUrl());
    const { epicId } = await app.backlog(stories(2));
    await app.watchToEnd(await app.start(epicId, { pacing: "FAST" }));
    expect(await app.sql(written)).toEqual([]);
  });
});

test("what is stored tells neither the key nor where it is used, and models are apart", async () => {
  const claude = await startClaude({ requestsPerMinute: 100 });
  const app = await startWorker(claude, await createTestDatabaseUrl());
  const { epicId } = await app.backlog(stories(1));
  await app.watchToEnd(await app.start(epicId));
  const [row] = await app.sql<{ key: string }>(`SELECT key FROM "ProviderAllowance"`);
  expect(row?.key).toMatch(/^1 [0-9a-f]{32} claude-sonnet-5-5$/);
});
