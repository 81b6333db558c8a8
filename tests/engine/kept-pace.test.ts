import { afterEach, expect, it } from "vitest";
import { PACES } from "../../src/engine/executor/pacer.ts";
import { createAnthropicGenerator } from "../../src/generation/anthropic/anthropic-generator.ts";
import { startTestApp } from "../support/app.ts";
import { says } from "../support/loopback-claude/replies.ts";
import { startLoopbackClaude } from "../support/loopback-claude/server.ts";
import { soundAnswer } from "../support/loopback-claude/sound-answers.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

it.each(["NORMAL", "FAST"] as const)(
  "calls of a %s run reach the provider one spacing apart, however long the first answer takes to begin",
  async (pacing) => {
    const arrivals: number[] = [];
    const claude = await startLoopbackClaude({
      respond({ body }) {
        arrivals.push(performance.now());
        // But for the first call of all, so that nothing has to be loaded any more when it counts.
        return says(soundAnswer(body), { latencyMs: arrivals.length > 1 ? 2_800 : 0 });
      },
    });
    open.push(claude);
    const generator = createAnthropicGenerator({ apiKey: "k", baseURL: claude.baseURL, model: "claude-sonnet-5-5" });
    const app = await startTestApp({ generator });
    open.push(app);
    for (const titles of [["A story"], ["First", "Second", "Third"]]) {
      const { epicId } = await app.backlog(titles);
      await app.watchToEnd(await app.start(epicId, { pacing }));
    }
    const { spacingMs } = PACES[pacing];
    const [, first = 0, second = 0, third = 0] = arrivals;
    expect(arrivals).toHaveLength(4);
    // From our start to the provider's door it takes a call some milliseconds, and not always as many.
    for (const gap of [second - first, third - second]) expect(gap).toBeGreaterThan(spacingMs / 4);
  },
);
