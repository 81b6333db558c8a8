import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createOutlineGenerator } from "../src/generation/outline.ts";
import { startTestApp, type TestApp } from "./support/app.ts";
import { findChromium, launchChromium } from "./support/browser.ts";
import { type GraphiqlPage, openGraphiql } from "./support/graphiql-page.ts";

const chromium = findChromium();
const without = chromium === undefined ? " (skipped: no Chromium in PATH, and no CHROME_PATH)" : "";
const ID = expect.stringMatching(/^[\w-]{20,}=*$/);

describe.skipIf(chromium === undefined)(`GraphiQL in a browser${without}`, () => {
  let test: TestApp;
  let browser: Browser;
  let graphiql: GraphiqlPage;

  beforeAll(async () => {
    test = await startTestApp({ generator: createOutlineGenerator() });
    browser = await launchChromium(chromium ?? "");
    graphiql = await openGraphiql(browser, test.app.url);
  });
  afterAll(async () => {
    await browser?.close();
    await test?.close();
  });

  /** Presses the button and gives the field's value in the answer, once it stands in the pane for results. */
  async function answer(field: string): Promise<unknown> {
    await graphiql.recordResults();
    await graphiql.execute();
    await expect.poll(() => graphiql.visibleResult()).toContain(`"${field}"`);
    const text = (await graphiql.results()).at(-1) ?? "";
    return (JSON.parse(text) as { data: Record<string, unknown> }).data[field];
  }

  it(
    "leads from an empty database to subtasks, tab by tab, with the run seen as it happens",
    { timeout: 60_000 },
    async () => {
      expect(await graphiql.tabs()).toEqual(["MakeProject", "ImportStories", "StartRun", "WatchRun", "ReadSubtasks"]);

      expect(await answer("createProject")).toEqual({ project: { id: ID, name: "Bookshop" } });

      await graphiql.open("ImportStories");
      expect(await answer("importBacklog")).toMatchObject({ epics: [{ id: ID, code: "E1" }], warnings: [] });

      await graphiql.open("StartRun");
      expect(await answer("startGenerateSubtasks")).toMatchObject({ storyCount: 6, run: { id: ID } });

      await graphiql.open("WatchRun");
      await graphiql.recordResults();
      await graphiql.execute();
      // The pane shows the run while it is under way ...
      await expect.poll(() => graphiql.visibleResult()).toMatch(/"runProgress"[^]*"status": "RUNNING"/);
      await expect.poll(() => graphiql.visibleResult()).toContain('"status": "SUCCEEDED"');
      // ... and what it showed came event by event, in order, over one WebSocket.
      const events = (await graphiql.results()).flatMap((text) => readEvent(text) ?? []);
      expect(events[0]?.kind).toBe("SNAPSHOT");
      expect(events.filter(({ kind }) => kind !== "SNAPSHOT").length).toBeGreaterThan(4);
      const seqs = events.map(({ seq }) => seq);
      expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
      expect(graphiql.sockets.map(({ url }) => new URL(url).pathname)).toEqual(["/graphql"]);
      expect(graphiql.sockets[0]?.messages).toBeGreaterThanOrEqual(events.length);

      await graphiql.open("ReadSubtasks");
      const epic = (await answer("epic")) as { stories: { nodes: { subtasks: { nodes: { code: string }[] } }[] } };
      expect(epic.stories.nodes).toHaveLength(6);
      for (const { subtasks } of epic.stories.nodes) expect(subtasks.nodes[0]?.code).toBe("ST1");
    },
  );

  it("keeps the tour and the ids that it has brought when the page is loaded again", async () => {
    const before = await graphiql.variables();
    await graphiql.page.reload();
    await expect.poll(() => graphiql.tabs()).toHaveLength(5);
    await expect.poll(() => graphiql.variables()).toBe(before);
    expect(await answer("epic")).toMatchObject({ code: "E1" });
  });

  it("asks nobody but the server that it came from, and has nothing to complain of", () => {
    expect(graphiql.complaints).toEqual([]);
  });
});

function readEvent(text: string): { kind: string; seq: number } | null {
  if (!text.includes("runProgress")) return null;
  return (JSON.parse(text) as { data: { runProgress: { kind: string; seq: number } } }).data.runProgress;
}
