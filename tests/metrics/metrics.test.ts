import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createAnthropicGenerator } from "../../src/generation/anthropic/anthropic-generator.ts";
import { GenerationError } from "../../src/generation/generator.ts";
import { createMetrics } from "../../src/metrics/metrics.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { rowId } from "../support/client.ts";
import { createGate } from "../support/gate.ts";
import { createScriptedGenerator, subtasksFor } from "../support/scripted-generator.ts";
import { rateLimited } from "../support/loopback-claude/known-failures.ts";
import { answers } from "../support/loopback-claude/replies.ts";
import { startLoopbackClaude } from "../support/loopback-claude/server.ts";
import { scrape } from "../support/scrape.ts";

const generator = createScriptedGenerator();
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ generator, retryBaseMs: 10 });
});
afterAll(() => app.close());
afterEach(() => generator.script());

/** What the counters and histograms have gained since the scrape that was given. */
async function gains(before: Awaited<ReturnType<typeof scrape>>) {
  const now = await scrape(app.app.url);
  return (series: string) => now.value(series) - before.value(series);
}

const TYPE = `type="GENERATE_SUBTASKS"`;

describe("after a run, the metrics tell", () => {
  it("what became of it and of its items, and what it spent", async () => {
    const { epicId } = await app.backlog(["One", "Two", "Three", "Four"]);
    const calls = new Map<string, number>();
    generator.script(async ({ story, onUsage }) => {
      onUsage({ inputTokens: 100, outputTokens: 20, cacheReadTokens: 7, cacheWriteTokens: 3, costUsd: 0.25 });
      const call = (calls.get(story.title) ?? 0) + 1;
      calls.set(story.title, call);
      const retry = { afterMs: 0, throttled: true };
      if (story.title === "Three" && call === 1) throw new GenerationError("Too much at once.", { retry });
      if (story.title === "Four") throw new GenerationError("It cannot be split.");
      return subtasksFor(story.title);
    });
    const before = await scrape(app.app.url);
    const runId = await app.start(epicId);
    const history = await app.history(runId);
    const gained = await gains(before);
    expect({
      queued: gained(`storymill_runs_queued_total{${TYPE}}`),
      started: gained(`storymill_runs_started_total{${TYPE}}`),
      ended: gained(`storymill_runs_ended_total{${TYPE},outcome="PARTIAL"}`),
      durations: gained(`storymill_run_duration_seconds_count{${TYPE},outcome="PARTIAL"}`),
      completed: gained(`storymill_items_ended_total{${TYPE},outcome="COMPLETED"}`),
      failed: gained(`storymill_items_ended_total{${TYPE},outcome="FAILED"}`),
      completedDurations: gained(`storymill_item_duration_seconds_count{${TYPE},outcome="COMPLETED"}`),
      succeededAttempts: gained(`storymill_item_attempts_total{${TYPE},outcome="succeeded"}`),
      failedAttempts: gained(`storymill_item_attempts_total{${TYPE},outcome="failed"}`),
      throttledAttempts: gained(`storymill_item_attempts_total{${TYPE},outcome="throttled"}`),
      retries: gained(`storymill_item_retries_total{${TYPE}}`),
      appended: gained("storymill_events_appended_total"),
      input: gained(`storymill_tokens_total{kind="input",model="none"}`),
      output: gained(`storymill_tokens_total{kind="output",model="none"}`),
      cacheRead: gained(`storymill_tokens_total{kind="cache_read",model="none"}`),
      cacheWrite: gained(`storymill_tokens_total{kind="cache_write",model="none"}`),
      cost: gained(`storymill_cost_usd_total{model="none"}`),
    }).toEqual({
      queued: 1,
      started: 1,
      ended: 1,
      durations: 1,
      completed: 3,
      failed: 1,
      completedDurations: 3,
      succeededAttempts: 3,
      failedAttempts: 1,
      throttledAttempts: 1,
      retries: 1,
      appended: history.length,
      input: 500,
      output: 100,
      cacheRead: 35,
      cacheWrite: 15,
      cost: 1.25,
    });
  });

  it("what a cancel broke off: nobody's failure", async () => {
    const gate = createGate();
    generator.script(async ({ story, signal }) => {
      await gate.pass(signal);
      return subtasksFor(story.title);
    });
    const { epicId } = await app.backlog(["One", "Two"]);
    const before = await scrape(app.app.url);
    const runId = await app.start(epicId);
    await gate.reached(2);
    const during = await scrape(app.app.url);
    expect([during.value("storymill_runs_active"), during.value("storymill_pace_in_flight")]).toEqual([1, 2]);
    expect(during.value("storymill_pace_in_flight_limit")).toBeGreaterThanOrEqual(2);
    await app.cancel(runId);
    await app.idle();
    const gained = await gains(before);
    expect(gained(`storymill_runs_ended_total{${TYPE},outcome="CANCELLED"}`)).toBe(1);
    expect(gained(`storymill_items_ended_total{${TYPE},outcome="CANCELLED"}`)).toBe(2);
    expect(gained(`storymill_item_attempts_total{${TYPE},outcome="aborted"}`)).toBe(2);
    expect(gained(`storymill_item_attempts_total{${TYPE},outcome="failed"}`)).toBe(0);
    const after = await scrape(app.app.url);
    expect([after.value("storymill_runs_active"), after.value("storymill_pace_in_flight")]).toEqual([0, 0]);
  });

  it("who watches, what was read for them and what they got", async () => {
    const gate = createGate();
    generator.script(async ({ story, signal }) => {
      await gate.pass(signal);
      return subtasksFor(story.title);
    });
    const { epicId } = await app.backlog(["One"]);
    const before = await scrape(app.app.url);
    const runId = await app.start(epicId);
    await gate.reached(1);
    const watching = [app.history(runId), app.watchToEnd(runId)];
    await expect.poll(async () => (await scrape(app.app.url)).value("storymill_subscriptions_open")).toBe(2);
    expect((await scrape(app.app.url)).value("storymill_websockets_open")).toBe(1);
    gate.open();
    const [history = [], snapshot = []] = await Promise.all(watching);
    const gained = await gains(before);
    expect(gained("storymill_events_delivered_total")).toBe(history.length + snapshot.length);
    expect(gained("storymill_events_read_total")).toBeGreaterThanOrEqual(history.length);
    expect(gained("storymill_subscribers_too_slow_total")).toBe(0);
    expect((await scrape(app.app.url)).value("storymill_subscriptions_open")).toBe(0);
  });
});

it("tells operations by transport, type and outcome, and how long they took", async () => {
  const before = await scrape(app.app.url);
  const post = (body: object) =>
    fetch(`${app.app.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }).then((response) => response.text());
  await post({ query: "{ __typename }" });
  await post({ query: "{ nothing }" });
  await post({ query: `mutation { deleteStory(input: { id: "x" }) { __typename } }` });
  await expect(app.watchToEnd("x")).rejects.toThrow("There is no run with this id.");
  await fetch(`${app.app.url}/no/such/${crypto.randomUUID()}`).then((response) => response.text());
  const gained = await gains(before);
  const operations = (transport: string, type: string, outcome: string) =>
    gained(`storymill_graphql_operations_total{transport="${transport}",type="${type}",outcome="${outcome}"}`);
  expect(operations("http", "query", "succeeded")).toBe(1);
  expect(operations("http", "unknown", "refused")).toBe(1);
  expect(operations("http", "mutation", "succeeded")).toBe(1);
  expect(operations("websocket", "subscription", "refused")).toBe(1);
  expect(gained(`storymill_graphql_operation_duration_seconds_count{type="query"}`)).toBe(1);
  expect(gained(`storymill_http_requests_total{path="/graphql",status="200"}`)).toBeGreaterThanOrEqual(2);
  expect(gained(`storymill_http_requests_total{path="other",status="404"}`)).toBe(1);
});

it("has no label with a value that a client chose", async () => {
  await fetch(`${app.app.url}/a-path-of-the-client?with=a-query`).then((response) => response.text());
  const query = "query ANameOfTheClient { aFieldOfTheClient }";
  await fetch(`${app.app.url}/graphql?query=${encodeURIComponent(query)}`).then((response) => response.text());
  const { epicId } = await app.backlog(["A title of the client"]);
  const runId = await app.start(epicId);
  await app.watchToEnd(runId);
  const allowed: Readonly<Record<string, RegExp>> = {
    path: /^(\/|\/graphql|\/healthz|\/readyz|\/metrics|\/graphiql\/.*|other)$/,
    status: /^[2-5]\d\d$/,
    transport: /^(http|websocket)$/,
    type: /^(query|mutation|subscription|unknown|GENERATE_SUBTASKS|GENERATE_STORIES)$/,
    outcome: /^(succeeded|refused|failed|throttled|aborted|SUCCEEDED|PARTIAL|FAILED|CANCELLED|COMPLETED|SKIPPED)$/,
    kind: /^(input|output|cache_read|cache_write|major|minor|incremental|weakcb)$/,
    model: /^(none|other|claude-sonnet-5-5)$/,
    state: /^(idle|busy|waiting)$/,
    version: /^v\d+\.\d+\.\d+$/,
    le: /^([\d.]+|\+Inf)$/,
  };
  const { values } = await scrape(app.app.url);
  for (const series of values.keys())
    for (const [, label = "", value] of series.matchAll(/(\w+)="([^"]*)"/g))
      expect(value).toMatch(allowed[label] ?? /^never$/);
});

it("tells of models by the configured names, and of any other as one", async () => {
  const metrics = createMetrics({ models: ["claude-sonnet-5-5"] });
  const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: null };
  for (const model of ["claude-sonnet-5-5", "of an earlier configuration", "another", null])
    metrics.engine.spent(model, usage);
  const { text } = await metrics.scrape();
  expect(
    [...text.matchAll(/^storymill_tokens_total\{kind="input",model="(.+)"\} (\d+)$/gm)].map(([, ...told]) => told),
  ).toEqual([
    ["claude-sonnet-5-5", "1"],
    ["other", "2"],
    ["none", "1"],
  ]);
  metrics.close();
});

it("tells of calls to Claude one by one, throttled ones apart, and what they cost by model", async () => {
  const claude = await startLoopbackClaude({});
  const metrics = createMetrics({ models: ["claude-sonnet-5-5"] });
  const asking = createAnthropicGenerator({
    apiKey: "sk-test",
    baseURL: claude.baseURL,
    model: "claude-sonnet-5-5",
    observer: metrics.calls,
  });
  const other = await startTestApp({ generator: asking, retryBaseMs: 10 });
  try {
    const { epicId } = await other.backlog(["One"]);
    // Throttled; then an answer that does not pass the check, and its correction: three calls, two attempts.
    claude.script(rateLimited(0), answers({ subtasks: [] }));
    expect((await other.watchToEnd(await other.start(epicId))).at(-1)?.run.status).toBe("SUCCEEDED");
    const { text } = await metrics.scrape();
    expect(text).toContain(`storymill_provider_calls_total{model="claude-sonnet-5-5",outcome="throttled"} 1`);
    expect(text).toContain(`storymill_provider_calls_total{model="claude-sonnet-5-5",outcome="succeeded"} 2`);
    expect(text).toContain(
      `storymill_provider_call_duration_seconds_count{model="claude-sonnet-5-5",outcome="succeeded"} 2`,
    );
    const told = await scrape(other.app.url);
    expect(told.value(`storymill_item_attempts_total{${TYPE},outcome="succeeded"}`)).toBe(1);
    expect(told.value(`storymill_tokens_total{kind="output",model="claude-sonnet-5-5"}`)).toBeGreaterThan(0);
    expect(told.value(`storymill_cost_usd_total{model="claude-sonnet-5-5"}`)).toBeGreaterThan(0);
  } finally {
    metrics.close();
    await other.close();
    await claude.close();
  }
});

describe("the queue", () => {
  it("is told as it is in the database, with the age of who waits longest", async () => {
    const empty = await scrape(app.app.url);
    expect([empty.value("storymill_queue_depth"), empty.value("storymill_queue_oldest_age_seconds")]).toEqual([0, 0]);
    const { projectId } = await app.backlog(["One"]);
    await app.sql(
      `INSERT INTO "Run" (id, "projectId", type, mode, "existingBehavior", pacing, "totalItems", request, "createdAt")
        VALUES ($1, $2, 'GENERATE_STORIES', 'STANDARD', 'SKIP', 'SAFE', 0, '{}', now() - interval '90 s')`,
      [crypto.randomUUID(), rowId(projectId)],
    );
    const waiting = await scrape(app.app.url);
    await app.sql(`DELETE FROM "Run" WHERE "projectId" = $1`, [rowId(projectId)]);
    expect(waiting.value("storymill_queue_depth")).toBe(1);
    expect(waiting.value("storymill_queue_oldest_age_seconds")).toBeGreaterThanOrEqual(90);
    expect(waiting.value("storymill_queue_oldest_age_seconds")).toBeLessThan(200);
  });

  it("is asked for once by scrapes that come at once", async () => {
    let reads = 0;
    const metrics = createMetrics({ models: [] });
    const gate = createGate();
    metrics.watchDatabase({
      pool: { totalCount: 3, idleCount: 1, waitingCount: 0 },
      async read<R>() {
        reads += 1;
        await gate.pass(new AbortController().signal);
        return [{ depth: 4, age: 2.5 }] as R[];
      },
    });
    const scrapes = [metrics.scrape(), metrics.scrape(), metrics.scrape()];
    await gate.reached(1);
    gate.open();
    const texts = (await Promise.all(scrapes)).map(({ text }) => text);
    expect(reads).toBe(1);
    for (const text of texts) {
      expect(text).toContain("storymill_queue_depth 4\n");
      expect(text).toContain(`storymill_database_connections{state="busy"} 2`);
    }
    metrics.close();
  });
});

describe("a database that is away", () => {
  it("is told by a gauge, and takes nothing else from the scrape; its own figures are left out", async () => {
    const other = await startTestApp({ generator });
    const { pathname, href } = new URL(other.databaseUrl);
    const admin = new URL(href);
    admin.pathname = "/postgres";
    const client = new pg.Client({ connectionString: admin.href });
    await client.connect();
    const name = pathname.slice(1);
    try {
      expect((await scrape(other.app.url)).value("storymill_database_up")).toBe(1);
      await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
      await client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", [name]);
      const away = await scrape(other.app.url);
      expect(away.status).toBe(200);
      expect(away.values.get("storymill_database_up")).toBe(0);
      expect(away.values.has("storymill_queue_depth")).toBe(false);
      expect(away.values.has("storymill_queue_oldest_age_seconds")).toBe(false);
      expect(away.values.get("storymill_subscriptions_open")).toBe(0);
      await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
      await expect.poll(async () => (await scrape(other.app.url)).values.get("storymill_queue_depth")).toBe(0);
    } finally {
      await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
      await client.end();
      await other.close();
    }
  });

  it("that answers nothing is not waited for, and not asked again before it has answered", async () => {
    let reads = 0;
    const metrics = createMetrics({ models: [] });
    metrics.watchDatabase({
      pool: { totalCount: 0, idleCount: 0, waitingCount: 0 },
      read: () => {
        reads += 1;
        return new Promise(() => {});
      },
    });
    for (const { text } of [await metrics.scrape(), await metrics.scrape()])
      expect(text).toContain("storymill_database_up 0\n");
    expect(reads).toBe(1);
    metrics.close();
  });
});

it("two apps in one process have each their own", async () => {
  const other = await startTestApp({ generator });
  try {
    const before = await scrape(app.app.url);
    const { epicId } = await other.backlog(["One"]);
    await other.watchToEnd(await other.start(epicId));
    const ended = `storymill_runs_ended_total{${TYPE},outcome="SUCCEEDED"}`;
    expect((await scrape(other.app.url)).value(ended)).toBe(1);
    expect((await gains(before))(ended)).toBe(0);
  } finally {
    await other.close();
  }
});

it("is for those who may come in: a page of another site gets nothing", async () => {
  const response = await fetch(`${app.app.url}/metrics`, { headers: { origin: "https://elsewhere.example" } });
  expect(response.status).toBe(403);
  expect((await scrape(app.app.url)).contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
});
