import { afterEach, describe, expect, it } from "vitest";
import { createAnthropicGenerator } from "../../src/generation/anthropic/anthropic-generator.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { rateLimited } from "../support/loopback-claude/known-failures.ts";
import { type Reply, says } from "../support/loopback-claude/replies.ts";
import { type LoopbackClaude, type LoopbackOptions, startLoopbackClaude } from "../support/loopback-claude/server.ts";
import { soundAnswer } from "../support/loopback-claude/sound-answers.ts";

// Runs with a fixed pace whose provider says how long it wants to be left alone, through the whole program.

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

interface Asked {
  readonly at: number;
  readonly story: string;
}

/** The whole program and its provider, the first replies of which are told; `asked` is what came to it, and when. */
async function startBoth(options: LoopbackOptions, ...replies: Reply[]) {
  const asked: Asked[] = [];
  const claude: LoopbackClaude = await startLoopbackClaude({
    ...options,
    respond({ body }) {
      asked.push({
        at: performance.now(),
        story: /thing number \d+/u.exec(JSON.stringify(body.messages?.[0]))?.[0] ?? "",
      });
      return replies.shift() ?? says(soundAnswer(body));
    },
  });
  open.push(claude);
  const generator = createAnthropicGenerator({ apiKey: "k", baseURL: claude.baseURL, model: "claude-sonnet-5-5" });
  const app: TestApp = await startTestApp({ generator, retryBaseMs: 1 });
  open.push(app);
  return { claude, app, asked };
}

const stories = (count: number) => Array.from({ length: count }, (_, i) => `As a user I want thing number ${i}`);

describe("while the provider asked for a pause", () => {
  it("a FAST run asks for nothing; then what was turned away goes first", async () => {
    const { app, asked } = await startBoth({}, rateLimited(2));
    const { epicId } = await app.backlog(stories(3));
    const runId = await app.start(epicId, { pacing: "FAST" });
    await app.watchToEnd(runId);
    const run = await app.readRun(runId);
    expect(run).toMatchObject({ status: "SUCCEEDED", completedItems: 3 });
    expect(run.items.nodes.map(({ attempts }) => attempts)).toEqual([2, 1, 1]);
    expect((asked[1]?.at ?? 0) - (asked[0]?.at ?? 0)).toBeGreaterThanOrEqual(2_000);
    expect(asked.map(({ story }) => story.at(-1))).toEqual(["0", "0", "1", "2"]);
  });

  it("no other run on its key asks for anything", async () => {
    const { app, asked } = await startBoth({}, rateLimited(3));
    const [turnedAway, other] = [await app.backlog(stories(1)), await app.backlog(stories(1))];
    const first = await app.start(turnedAway.epicId, { pacing: "SAFE" });
    await app.until(first, ({ item }) => item?.status === "PENDING");
    const second = await app.start(other.epicId, { pacing: "FAST" });
    await Promise.all([first, second].map((runId) => app.watchToEnd(runId)));
    expect(asked).toHaveLength(3);
    for (const { at } of asked.slice(1)) expect(at - (asked[0]?.at ?? 0)).toBeGreaterThanOrEqual(3_000);
  });
});

it("a FAST run under a limit of half its pace is refused seldom, and no story fails for it", async () => {
  const { app, claude } = await startBoth({ requestsPerMinute: 60, requestsLeft: 2 });
  const { epicId } = await app.backlog(stories(12));
  const runId = await app.start(epicId, { pacing: "FAST" });
  await app.watchToEnd(runId);
  const run = await app.readRun(runId);
  expect(run).toMatchObject({ status: "SUCCEEDED", completedItems: 12 });
  expect(claude.refused).toBeLessThanOrEqual(12);
});
