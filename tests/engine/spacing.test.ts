import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../support/app.ts";
import { createScriptedGenerator } from "../support/scripted-generator.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ generator: createScriptedGenerator() });
});
afterAll(() => app.close());

describe("a run with NORMAL pacing", () => {
  it("starts its items a second apart, and no slower", async () => {
    const { epicId } = await app.backlog(["One", "Two", "Three"]);
    const runId = await app.start(epicId, { pacing: "NORMAL" });
    await app.history(runId);
    const { items } = await app.readRun(runId);
    const starts = items.nodes.map(({ startedAt }) => Date.parse(startedAt ?? ""));
    for (const [index, start] of starts.slice(1).entries()) {
      const apart = start - (starts[index] ?? 0);
      expect(apart).toBeGreaterThanOrEqual(1_000);
      // How exactly is told by pacer.test.ts, whose clock stands still while it asks.
      expect(apart).toBeLessThan(3_000);
    }
  });
});
