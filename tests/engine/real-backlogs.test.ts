import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createOutlineGenerator } from "../../src/generation/outline.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { REAL_BACKLOGS } from "../support/real-backlogs.ts";
import { checkHistory } from "../support/run-history.ts";

const files = REAL_BACKLOGS === null ? [] : readdirSync(REAL_BACKLOGS).filter((name) => name.endsWith(".txt"));

describe.skipIf(files.length === 0)("real backlogs (skipped where ../shared/data/backlogs is not there)", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ generator: createOutlineGenerator() });
  });
  afterAll(() => app.close());

  it.each(files)("%s is imported and split to the end, each story into five to eight subtasks", async (file) => {
    const { epicId, storyIds } = await app.backlog(
      readFileSync(new URL(file, REAL_BACKLOGS ?? ""), "utf8").split(/\r?\n/),
    );
    const runId = await app.start(epicId);
    const history = (await app.history(runId)).filter(({ kind }) => kind !== "DRAFTED");
    checkHistory(history);
    expect(history.at(-1)?.run).toMatchObject({ status: "SUCCEEDED", completedItems: storyIds.length });
    const stories = await app.readStories(epicId);
    expect(stories).toHaveLength(storyIds.length);
    for (const { subtasks } of stories) {
      expect(subtasks.nodes.length).toBeGreaterThanOrEqual(5);
      expect(subtasks.nodes.length).toBeLessThanOrEqual(8);
      expect(subtasks.nodes.map(({ code }) => code)).toEqual(subtasks.nodes.map((_, i) => `ST${i + 1}`));
    }
    expect(app.complaints).toEqual([]);
  });
});
