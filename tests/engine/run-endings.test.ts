import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { GenerationError } from "../../src/generation/generator.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { aborted, createGate } from "../support/gate.ts";
import { checkHistory } from "../support/run-history.ts";
import { type Behaviour, createScriptedGenerator, subtasksFor } from "../support/scripted-generator.ts";

const generator = createScriptedGenerator();
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ generator });
});
afterAll(() => app.close());
beforeEach(() => generator.script());

const titles = (count: number) => Array.from({ length: count }, (_, i) => `Story ${i + 1}`);

const done: Behaviour = async ({ story }) => subtasksFor(story.title);
const fails: Behaviour = async () => {
  throw new GenerationError("The model was not in the mood. Retry the run.");
};

/** Behaves by the story's title; all others are done at once. */
function byTitle(behaviours: Readonly<Record<string, Behaviour>>): Behaviour {
  return (request, call) => (behaviours[request.story.title] ?? done)(request, call);
}

/** A failure whose words no database holds, as only a mistake of ours could make it. */
function unsaveable(options: ConstructorParameters<typeof GenerationError>[1]): GenerationError {
  return Object.assign(new GenerationError("", options), { message: "a\0b", happened: "a\0b" });
}

describe("a failure", () => {
  it("of one story stops no other, and its message reaches the item and the log", async () => {
    generator.script(byTitle({ "Story 2": fails }));
    const { epicId } = await app.backlog(titles(3));
    const runId = await app.start(epicId);
    const history = await app.history(runId);
    checkHistory(history);
    const { items, logs } = await app.readRun(runId);
    const message = "The model was not in the mood. Retry the run.";
    expect(items.nodes.map(({ status, error }) => [status, error])).toEqual([
      ["COMPLETED", null],
      ["FAILED", message],
      ["COMPLETED", null],
    ]);
    const line = { level: "ERROR", message: `S2: ${message}` };
    expect(logs.nodes).toContainEqual(expect.objectContaining(line));
    expect(history.find(({ log }) => log?.level === "ERROR")?.log).toMatchObject(line);
    expect(app.complaints).toEqual([]);
  });

  it("that nobody foresaw gives the user a plain message and the operator what it was", async () => {
    generator.script(
      byTitle({
        "Story 1": async () => {
          throw new TypeError("Cannot read properties of undefined (reading 'secret')");
        },
      }),
    );
    const { epicId } = await app.backlog(titles(2));
    const runId = await app.start(epicId);
    await app.history(runId);
    const { items, status } = await app.readRun(runId);
    expect([status, ...items.nodes.map((item) => item.status)]).toEqual(["PARTIAL", "FAILED", "COMPLETED"]);
    expect(items.nodes[0]?.error).toMatch(/^Something went wrong on the server; its log says more/);
    expect(JSON.stringify(items)).not.toMatch(/secret|TypeError|undefined/);
    const complaint = app.complaints.splice(0).find(({ err }) => err?.message.includes("secret"));
    expect(complaint).toMatchObject({ level: 50, runId: expect.any(String), itemId: expect.any(String) });
  });

  it("of a call that answers when its set cannot be saved fails that story only", async () => {
    generator.script(
      byTitle({
        "Story 2": async ({ story }) => subtasksFor(story.title).map((subtask) => ({ ...subtask, dependsOn: [99] })),
        "Story 4": async ({ story }) => subtasksFor(story.title).map((subtask) => ({ ...subtask, title: "a\0b" })),
      }),
    );
    const { epicId } = await app.backlog(titles(5));
    const runId = await app.start(epicId);
    checkHistory(await app.history(runId));
    const { items, createdCount } = await app.readRun(runId);
    expect(items.nodes.map((item) => item.status)).toEqual(["COMPLETED", "FAILED", "COMPLETED", "FAILED", "COMPLETED"]);
    expect(items.nodes[1]?.error).toBe("What was generated could not be saved. Retry the run.");
    const stories = await app.readStories(epicId);
    expect(stories.map(({ subtasks }) => subtasks.nodes.length)).toEqual([5, 0, 5, 0, 5]);
    expect(createdCount).toBe(15);
    app.complaints.splice(0);
  });

  const UNSAVED = "Generating failed, and why could not be saved; the server's log says more. Retry the run.";

  it("whose own words cannot be saved fails that story only", async () => {
    generator.script(byTitle({ "Story 2": () => Promise.reject(unsaveable({})) }));
    const { epicId } = await app.backlog(titles(3));
    const runId = await app.start(epicId);
    checkHistory(await app.history(runId));
    const { items, error } = await app.readRun(runId);
    expect(error).toBeNull();
    expect(items.nodes.map((item) => [item.status, item.error])).toEqual([
      ["COMPLETED", null],
      ["FAILED", UNSAVED],
      ["COMPLETED", null],
    ]);
    app.complaints.splice(0);
  });

  it("whose own words cannot be saved is tried again where that may help", async () => {
    const failure = unsaveable({ retry: { afterMs: null, throttled: false } });
    generator.script((request, call) => (call === 1 ? Promise.reject(failure) : done(request, call)));
    const { epicId } = await app.backlog(titles(1));
    const runId = await app.start(epicId);
    checkHistory(await app.history(runId));
    const { items } = await app.readRun(runId);
    expect(items.nodes).toMatchObject([{ status: "COMPLETED", attempts: 2 }]);
    app.complaints.splice(0);
  });

  it("whose own words cannot be saved ends the run where every further story would meet it", async () => {
    const beside: Behaviour = async ({ signal }) => {
      await createGate().pass(signal);
      return [];
    };
    generator.script(byTitle({ "Story 1": () => Promise.reject(unsaveable({ fatal: true })), "Story 2": beside }));
    const { epicId } = await app.backlog(titles(2));
    const runId = await app.start(epicId);
    checkHistory(await app.history(runId));
    const { items, error } = await app.readRun(runId);
    expect(error).toBe(UNSAVED);
    expect(items.nodes.map((item) => [item.status, item.error])).toEqual([
      ["FAILED", UNSAVED],
      ["CANCELLED", null],
    ]);
    app.complaints.splice(0);
  });

  it("that every further story would meet ends the run at once; what is done stays done", async () => {
    const [all, second] = [createGate(), createGate()];
    const aborts: Promise<number>[] = [];
    generator.script(async (request, call) => {
      const { story, signal } = request;
      if (story.title === "Story 1") return done(request, call);
      if (story.title !== "Story 2") aborts.push(aborted(signal));
      await (story.title === "Story 2" ? second : all).pass(signal);
      throw new GenerationError("The key is not valid. Set ANTHROPIC_API_KEY.", { fatal: true });
    });
    const { epicId } = await app.backlog(titles(60));
    const runId = await app.start(epicId);
    await app.until(runId, ({ run }) => run.completedItems === 1);
    second.open();
    const history = await app.history(runId);
    checkHistory(history);
    expect(history.at(-1)?.run).toMatchObject({
      status: "PARTIAL",
      phase: "COMPLETED",
      error: "The key is not valid. Set ANTHROPIC_API_KEY.",
      completedItems: 1,
      failedItems: 1,
      cancelledItems: 58,
    });
    await Promise.all(aborts);
    await app.idle();
    const { items } = await app.readRun(runId);
    expect(items.nodes.slice(0, 2).map(({ status }) => status)).toEqual(["COMPLETED", "FAILED"]);
    expect(new Set(items.nodes.slice(2).map(({ status }) => status))).toEqual(new Set(["CANCELLED"]));
    const stories = await app.readStories(epicId);
    expect(stories.filter(({ subtasks }) => subtasks.nodes.length > 0)).toHaveLength(1);
  });
});

describe("a run that the database refuses to keep", () => {
  it("ends with a plain message, is not tried for ever, and stands in nobody's way", async () => {
    generator.script(async ({ story, onUsage }) => {
      // Its column holds no halves.
      onUsage({ inputTokens: 0.5, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0 });
      return subtasksFor(story.title);
    });
    const { epicId } = await app.backlog(titles(3));
    const runId = await app.start(epicId);
    const history = await app.history(runId);
    checkHistory(history);
    const error = expect.stringMatching(/^Something went wrong on the server; its log says more under the run /);
    expect(history.at(-1)?.run).toMatchObject({ status: "FAILED", error, cancelledItems: 3 });
    await app.idle();
    expect(app.complaints.splice(0)).toContainEqual(expect.objectContaining({ msg: "the execution of a run broke" }));
    generator.script();
    expect((await app.history(await app.start(epicId))).at(-1)?.run.status).toBe("SUCCEEDED");
  });
});

describe("how a run ends", () => {
  const fatal: Behaviour = async () => {
    throw new GenerationError("No permission.", { fatal: true });
  };
  it.each([
    ["every item is completed", [done, done], "SUCCEEDED", "COMPLETED", null],
    ["some are completed, some failed", [done, fails], "PARTIAL", "COMPLETED", null],
    ["nothing is completed, something failed", [fails, fails], "FAILED", "FAILED", null],
    ["a fatal error comes before anything is completed", [fatal, fails], "FAILED", "FAILED", "No permission."],
  ] as const)("where %s", async (_name, [first, second], status, phase, error) => {
    generator.script(byTitle({ "Story 1": first, "Story 2": second }));
    const { epicId } = await app.backlog(titles(2));
    const history = await app.history(await app.start(epicId));
    checkHistory(history);
    expect(history.at(-1)?.run).toMatchObject({ status, phase, error });
  });

  it.each([
    ["all are skipped", {}, "SUCCEEDED", "COMPLETED"],
    ["some are skipped, the others failed", { "New story": fails }, "FAILED", "FAILED"],
    ["some are skipped, the others completed", { "New story": done }, "SUCCEEDED", "COMPLETED"],
  ] as const)("where %s", async (_name, behaviours, status, phase) => {
    const hasNew = "New story" in behaviours;
    const { epicId, storyIds } = await app.backlog(["Story 1", "Story 2", ...(hasNew ? ["New story"] : [])]);
    await app.history(await app.start(epicId, { storyIds: storyIds.slice(0, 2) }));
    generator.script(byTitle(behaviours));
    const history = await app.history(await app.start(epicId));
    checkHistory(history);
    expect(history.at(-1)?.run).toMatchObject({ status, phase, skippedItems: 2 });
  });
});
