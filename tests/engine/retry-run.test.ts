import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { GenerationError } from "../../src/generation/generator.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { createGate } from "../support/gate.ts";
import { DeleteEpic, DeleteStory, RetryRun, StartRun } from "../support/operations.ts";
import { checkHistory } from "../support/run-history.ts";
import { type Behaviour, createScriptedGenerator, subtasksFor } from "../support/scripted-generator.ts";

const generator = createScriptedGenerator();
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ generator });
});
afterAll(() => app.close());
beforeEach(() => generator.script());

const failing =
  (...failures: string[]): Behaviour =>
  async ({ story }) => {
    if (failures.includes(story.title)) throw new GenerationError("Not this one.");
    return subtasksFor(story.title);
  };

async function retry(runId: string) {
  const { retryRun } = await app.send(RetryRun, { input: { runId } });
  if (retryRun.__typename !== "RetryRunPayload") throw new Error(retryRun.__typename);
  return retryRun.run;
}

describe("retrying a run", () => {
  it("takes what failed, in order, with the same options, and says what it retries", async () => {
    const { epicId } = await app.backlog(["One", "Two", "Three", "Four"]);
    generator.script(failing("Two", "Four"));
    const input = {
      epicId,
      options: { mode: "COMPACT", existingBehavior: "APPEND", pacing: "ADAPTIVE" },
    } as const;
    const { startGenerateSubtasks: started } = await app.send(StartRun, { input });
    if (started.__typename !== "StartGenerateSubtasksPayload") throw new Error(started.__typename);
    await app.history(started.run.id);

    generator.script();
    const run = await retry(started.run.id);
    expect(run).toMatchObject({ ...input.options, totalItems: 2, retryOf: { id: started.run.id } });
    expect(run.items.nodes).toEqual([
      { code: "S2", title: "Two" },
      { code: "S4", title: "Four" },
    ]);
    const history = await app.history(run.id);
    checkHistory(history);
    expect(history.at(-1)?.run).toMatchObject({ status: "SUCCEEDED", completedItems: 2 });
    expect(generator.requests.map(({ mode }) => mode)).toEqual(["COMPACT", "COMPACT"]);
    const stories = await app.readStories(epicId);
    expect(stories.map(({ subtasks }) => subtasks.nodes.length)).toEqual([5, 5, 5, 5]);
    expect((await app.readRun(started.run.id)).status).toBe("PARTIAL");
  });

  it("takes what a cancel left, and can itself be retried", async () => {
    const gate = createGate();
    generator.script(async ({ story, signal }) => {
      if (story.title !== "One") await gate.pass(signal);
      return subtasksFor(story.title);
    });
    const { epicId } = await app.backlog(["One", "Two", "Three"]);
    const first = await app.start(epicId);
    await app.until(first, ({ run }) => run.completedItems === 1);
    await app.cancel(first);
    generator.script(failing("Three"));
    const second = await retry(first);
    expect(second.items.nodes.map(({ title }) => title)).toEqual(["Two", "Three"]);
    await app.history(second.id);
    const third = await retry(second.id);
    expect([third.items.nodes.map(({ title }) => title), third.retryOf?.id]).toEqual([["Three"], second.id]);
    await app.history(third.id);
  });

  it("leaves out stories that are gone, and is NothingToDoError where all are", async () => {
    const { epicId, storyIds } = await app.backlog(["One", "Two", "Three"]);
    generator.script(failing("One", "Two", "Three"));
    const runId = await app.start(epicId);
    await app.history(runId);
    await app.send(DeleteStory, { id: storyIds[1] ?? "" });
    const retried = await retry(runId);
    expect(retried.items.nodes.map(({ title }) => title)).toEqual(["One", "Three"]);
    await app.history(retried.id);
    await app.send(DeleteEpic, { id: epicId });
    await expect(retry(runId)).rejects.toThrow("NothingToDoError");
  });

  it("says whether nothing was left undone, or what was left has been deleted since", async () => {
    const { epicId, storyIds } = await app.backlog(["One", "Two"]);
    generator.script(failing("Two"));
    const runId = await app.start(epicId);
    await app.history(runId);
    const why = async (id: string) => (await app.send(RetryRun, { input: { runId: id } })).retryRun;
    await app.send(DeleteStory, { id: storyIds[1] ?? "" });
    expect(await why(runId)).toMatchObject({
      __typename: "NothingToDoError",
      message: expect.stringContaining(
        "The stories of this run that failed or were left undone have been deleted since",
      ),
    });
    const done = await app.start(epicId);
    await app.history(done);
    expect(await why(done)).toMatchObject({
      __typename: "NothingToDoError",
      message: expect.stringContaining("Nothing of this run failed or was left undone"),
    });
  });

  it("takes neither what was completed nor what was skipped", async () => {
    const { epicId, storyIds } = await app.backlog(["Done before", "Done now", "Fails"]);
    await app.history(await app.start(epicId, { storyIds: storyIds.slice(0, 1) }));
    generator.script(failing("Fails"));
    const runId = await app.start(epicId);
    await app.history(runId);
    const retried = await retry(runId);
    expect(retried.items.nodes.map(({ title }) => title)).toEqual(["Fails"]);
    await app.history(retried.id);
  });

  it("is RunAlreadyActiveError while it, or another run of the project, is active", async () => {
    const gate = createGate();
    const { epicId } = await app.backlog(["One"]);
    generator.script(failing("One"));
    const ended = await app.start(epicId);
    await app.history(ended);
    generator.script(async ({ story, signal }) => gate.pass(signal).then(() => subtasksFor(story.title)));
    const active = await app.start(epicId);
    for (const runId of [active, ended]) {
      const { retryRun } = await app.send(RetryRun, { input: { runId } });
      expect(retryRun).toMatchObject({ __typename: "RunAlreadyActiveError", run: { id: active } });
    }
    await app.cancel(active);
  });

  it("makes one run of twenty retries at the same moment", async () => {
    const gate = createGate();
    const { epicId } = await app.backlog(["One"]);
    generator.script(failing("One"));
    const ended = await app.start(epicId);
    await app.history(ended);
    generator.script(async ({ story, signal }) => gate.pass(signal).then(() => subtasksFor(story.title)));
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => app.send(RetryRun, { input: { runId: ended } })),
    );
    const started = answers.filter(({ retryRun }) => retryRun.__typename === "RetryRunPayload");
    expect(started).toHaveLength(1);
    expect(answers.filter(({ retryRun }) => retryRun.__typename === "RunAlreadyActiveError")).toHaveLength(19);
    gate.open();
    await app.idle();
  });
});
