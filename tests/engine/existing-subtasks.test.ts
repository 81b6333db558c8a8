import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { checkSubtasks } from "../../src/generation/check-subtasks.ts";
import { GenerationError } from "../../src/generation/generator.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { createGate } from "../support/gate.ts";
import { CreateSubtask, UpdateSubtask } from "../support/operations.ts";
import { checkHistory } from "../support/run-history.ts";
import { type Behaviour, createScriptedGenerator, subtasksFor } from "../support/scripted-generator.ts";
import { subtasksAnswer } from "../support/subtask-answers.ts";

const generator = createScriptedGenerator();
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ generator });
});
afterAll(() => app.close());
beforeEach(() => generator.script());

async function addSubtask(storyId: string, title: string): Promise<string> {
  const { createSubtask: made } = await app.send(CreateSubtask, { input: { storyId, title } });
  if (made.__typename !== "CreateSubtaskPayload") throw new Error(made.message);
  return made.subtask.id;
}

async function subtasksOf(epicId: string) {
  return (await app.readStories(epicId))[0]?.subtasks.nodes ?? [];
}

const named =
  (word: string, count = 5): Behaviour =>
  async () =>
    subtasksFor(word, count);
const codesAndTitles = (subtasks: readonly { code: string; title: string }[]) =>
  subtasks.map(({ code, title }) => `${code} ${title}`);

/** A story with five generated subtasks, of which one is edited and one in progress, and one that a person wrote. */
async function usedStory() {
  const { epicId, storyIds } = await app.backlog(["A story"]);
  generator.script(named("old"));
  await app.history(await app.start(epicId));
  const [first, second] = await subtasksOf(epicId);
  for (const input of [
    { id: first?.id ?? "", title: "Edited by a person" },
    { id: second?.id ?? "", status: "IN_PROGRESS" as const },
  ]) {
    const { updateSubtask } = await app.send(UpdateSubtask, { input });
    expect(updateSubtask.__typename).toBe("UpdateSubtaskPayload");
  }
  await addSubtask(storyIds[0] ?? "", "Written by a person");
  return { epicId, kept: ["ST1 Edited by a person", "ST2 Step 2 of old", "ST6 Written by a person"] };
}

describe("SKIP", () => {
  it("leaves a story alone that has a subtask, whoever made it", async () => {
    const { epicId, storyIds } = await app.backlog(["Has one", "Has none"]);
    await addSubtask(storyIds[0] ?? "", "Mine");
    const runId = await app.start(epicId);
    checkHistory(await app.history(runId));
    const { items } = await app.readRun(runId);
    expect(items.nodes).toMatchObject([
      { status: "SKIPPED", attempts: 0, createdCount: 0, startedAt: null, error: "It has subtasks already." },
      { status: "COMPLETED", attempts: 1, createdCount: 5 },
    ]);
    expect(generator.requests.map(({ story }) => story.title)).toEqual(["Has none"]);
    expect(codesAndTitles(await subtasksOf(epicId))).toEqual(["ST1 Mine"]);
  });

  it("is decided at the story's turn, not at the start", async () => {
    const gate = createGate();
    generator.script(async ({ story, signal }) => gate.pass(signal).then(() => subtasksFor(story.title)));
    const { epicId, storyIds } = await app.backlog(Array.from({ length: 9 }, (_, i) => `Story ${i + 1}`));
    // FAST has eight in flight at most: the ninth waits.
    const runId = await app.start(epicId, { pacing: "FAST" });
    await gate.reached(1);
    await addSubtask(storyIds.at(-1) ?? "", "Made while the run was on its way");
    await gate.reached(8);
    gate.open();
    checkHistory(await app.history(runId));
    expect((await app.readRun(runId)).items.nodes.at(-1)).toMatchObject({ status: "SKIPPED", attempts: 0 });
  });

  it("takes no pacing slot: what comes after a row of such stories starts at once", async () => {
    const { epicId, storyIds } = await app.backlog(Array.from({ length: 60 }, (_, i) => `Story ${i + 1}`));
    await app.history(await app.start(epicId, { storyIds: storyIds.slice(0, 59) }));
    const runId = await app.start(epicId, { pacing: "SAFE" });
    checkHistory(await app.history(runId));
    const { elapsedMs, completedItems, skippedItems } = await app.readRun(runId);
    expect([completedItems, skippedItems]).toEqual([1, 59]);
    expect(elapsedMs).toBeLessThan(10_000);
  });
});

it("SKIP waits neither for a start nor for the calls under way", async () => {
  const { epicId, storyIds } = await app.backlog(Array.from({ length: 120 }, (_, i) => `Story ${i + 1}`));
  await app.history(await app.start(epicId, { storyIds: storyIds.slice(2) }));
  const gate = createGate();
  generator.script(async ({ story, signal }) => gate.pass(signal).then(() => subtasksFor(story.title)));
  const runId = await app.start(epicId, { pacing: "SAFE", storyIds: [storyIds[0] ?? "", ...storyIds.slice(2)] });
  // More than one step looks at, and all of them while the only call that SAFE allows is under way.
  await app.until(runId, ({ run }) => run.skippedItems === 118);
  expect((await app.readRun(runId)).items.nodes[0]).toMatchObject({ status: "GENERATING" });
  gate.open();
  checkHistory(await app.history(runId));
});

describe("REPLACE", () => {
  it("swaps generated subtasks that nobody has touched, and keeps all others", async () => {
    const { epicId, kept } = await usedStory();
    generator.script(named("new", 3));
    const runId = await app.start(epicId, { existingBehavior: "REPLACE" });
    checkHistory(await app.history(runId));
    const after = await subtasksOf(epicId);
    expect(codesAndTitles(after)).toEqual([...kept, "ST7 Step 1 of new", "ST8 Step 2 of new", "ST9 Step 3 of new"]);
    expect(after.map(({ position }) => position)).toEqual([0, 1, 2, 3, 4, 5]);
    expect((await app.readRun(runId)).items.nodes).toMatchObject([{ createdCount: 3, deletedCount: 3 }]);
  });

  it("tells the generator only what will stay", async () => {
    const { epicId } = await usedStory();
    generator.script();
    await app.history(await app.start(epicId, { existingBehavior: "REPLACE" }));
    const existing = generator.requests[0]?.story.existingSubtasks.map(({ title }) => title);
    expect(existing).toEqual(["Edited by a person", "Step 2 of old", "Written by a person"]);
  });

  /** An answer as a model gives it, through the check that every real generator's answer goes through. */
  const checked =
    (answer: unknown): Behaviour =>
    async ({ story, mode }) => {
      const result = checkSubtasks(answer, { story, mode });
      if (!result.ok) throw new GenerationError(result.problems.join(" "));
      return result.subtasks;
    };
  const gone: Behaviour = async () => {
    throw new GenerationError("The provider did not answer.");
  };
  it.each([
    ["the generator fails", gone],
    ["nothing comes", checked({ subtasks: [] })],
    ["no list comes", checked("I would rather not")],
    ["titles come twice", checked(subtasksAnswer(6, { 1: { title: "Build part 1 " } }))],
    ["too few come", checked(subtasksAnswer(2))],
  ])("deletes nothing where %s", async (_name, behaviour) => {
    const { epicId } = await usedStory();
    const before = await subtasksOf(epicId);
    generator.script(behaviour);
    const runId = await app.start(epicId, { existingBehavior: "REPLACE" });
    expect((await app.history(runId)).at(-1)?.run.status).toBe("FAILED");
    expect(await subtasksOf(epicId)).toEqual(before);
    expect((await app.readRun(runId)).items.nodes).toMatchObject([{ status: "FAILED", deletedCount: 0 }]);
  });

  it("deletes nothing where the new set cannot be saved: both are one transaction", async () => {
    const { epicId } = await usedStory();
    const before = await subtasksOf(epicId);
    generator.script(async () => subtasksFor("new").map((subtask) => ({ ...subtask, dependsOn: [99] })));
    const runId = await app.start(epicId, { existingBehavior: "REPLACE" });
    expect((await app.history(runId)).at(-1)?.run.status).toBe("FAILED");
    expect(await subtasksOf(epicId)).toEqual(before);
    app.complaints.splice(0);
  });

  it("keeps what a person touches while the new set is being generated", async () => {
    const { epicId, storyIds } = await app.backlog(["A story"]);
    generator.script(named("old", 3));
    await app.history(await app.start(epicId));
    const gate = createGate();
    generator.script(async ({ signal }) => gate.pass(signal).then(() => subtasksFor("new", 2)));
    const runId = await app.start(epicId, { existingBehavior: "REPLACE" });
    await gate.reached(1);
    const [first] = await subtasksOf(epicId);
    await app.send(UpdateSubtask, { input: { id: first?.id ?? "", title: "Edited just now" } });
    await addSubtask(storyIds[0] ?? "", "Written just now");
    gate.open();
    checkHistory(await app.history(runId));
    expect(codesAndTitles(await subtasksOf(epicId))).toEqual([
      "ST1 Edited just now",
      "ST4 Written just now",
      "ST5 Step 1 of new",
      "ST6 Step 2 of new",
    ]);
  });

  it("deletes nothing where the run is cancelled before its set is saved", async () => {
    const { epicId } = await usedStory();
    const before = await subtasksOf(epicId);
    const gate = createGate();
    generator.script(async () => gate.pass().then(() => subtasksFor("new")));
    const runId = await app.start(epicId, { existingBehavior: "REPLACE" });
    await gate.reached(1);
    await app.cancel(runId);
    gate.open();
    await app.idle();
    expect(await subtasksOf(epicId)).toEqual(before);
  });
});

describe("APPEND", () => {
  it("adds after what is there, with codes that go on", async () => {
    const { epicId } = await usedStory();
    generator.script(named("more", 2));
    const runId = await app.start(epicId, { existingBehavior: "APPEND" });
    checkHistory(await app.history(runId));
    const after = await subtasksOf(epicId);
    expect(after.map(({ code }) => code)).toEqual(["ST1", "ST2", "ST3", "ST4", "ST5", "ST6", "ST7", "ST8"]);
    expect(after.slice(6).map(({ title }) => title)).toEqual(["Step 1 of more", "Step 2 of more"]);
    expect((await app.readRun(runId)).items.nodes).toMatchObject([{ createdCount: 2, deletedCount: 0 }]);
  });

  it("tells the generator what is there already, all of it", async () => {
    const { epicId } = await usedStory();
    generator.script();
    await app.history(await app.start(epicId, { existingBehavior: "APPEND" }));
    expect(generator.requests[0]?.story.existingSubtasks).toHaveLength(6);
  });
});
