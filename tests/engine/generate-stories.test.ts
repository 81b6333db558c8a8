import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { GenerationError } from "../../src/generation/generator.ts";
import { createOutlineGenerator } from "../../src/generation/outline.ts";
import { PERSONAS } from "../../src/generation/personas.ts";
import type { StartGenerateStoriesInput } from "../../generated/graphql.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import type { Backlog } from "../support/client.ts";
import { aborted, createGate } from "../support/gate.ts";
import {
  CreateEpic,
  CreateProject,
  CreateSubtask,
  DeleteEpic,
  DeleteProject,
  ImportBacklog,
  ReadEpics,
  RetryRun,
  StartStories,
  UpdateStory,
  UpdateSubtask,
} from "../support/operations.ts";
import { checkHistory } from "../support/run-history.ts";
import { createScriptedGenerator, type FillBehaviour, storiesFor, subtasksFor } from "../support/scripted-generator.ts";

const generator = createScriptedGenerator();
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ generator });
});
afterAll(() => app.close());
beforeEach(() => {
  generator.script();
  generator.scriptFills();
});

type Options = NonNullable<StartGenerateStoriesInput["options"]>;
type Filling = Omit<StartGenerateStoriesInput, "projectId" | "options"> & { options?: Options };

/** A project with empty epics of these titles. */
async function newProject(titles: readonly string[], on = app): Promise<{ projectId: string; epicIds: string[] }> {
  const made = await on.send(CreateProject, { input: { name: "Test", description: "About", context: "Rails" } });
  if (made.createProject.__typename !== "CreateProjectPayload") throw new Error("no project");
  const projectId = made.createProject.project.id;
  const epicIds: string[] = [];
  for (const title of titles) epicIds.push(await addEpic(projectId, title, on));
  return { projectId, epicIds };
}

async function addEpic(projectId: string, title: string, on = app): Promise<string> {
  const { createEpic } = await on.send(CreateEpic, { input: { projectId, title } });
  if (createEpic.__typename !== "CreateEpicPayload") throw new Error(createEpic.message);
  return createEpic.epic.id;
}

async function start(projectId: string, { options, ...more }: Filling = {}, on = app) {
  const input = { projectId, ...more, options: { pacing: "ADAPTIVE" as const, ...options } };
  return (await on.send(StartStories, { input })).startGenerateStories;
}

/** Starts a run and gives its id. @throws Error where it was not started */
async function fill(projectId: string, more: Filling = {}, on = app): Promise<string> {
  const started = await start(projectId, more, on);
  if (started.__typename !== "StartGenerateStoriesPayload")
    throw new Error(`${started.__typename}: ${started.message}`);
  return started.run.id;
}

async function readEpics(projectId: string, on = app) {
  return (await on.send(ReadEpics, { projectId })).project?.epics.nodes ?? [];
}

/** Codes and titles of each epic's stories, and the proof that their positions are dense. */
async function storiesOf(projectId: string): Promise<string[][]> {
  return (await readEpics(projectId)).map(({ stories: { nodes } }) => {
    expect(nodes.map(({ position }) => position)).toEqual(nodes.map((_, index) => index));
    return nodes.map(({ code, title }) => `${code} ${title}`);
  });
}

async function addStory(backlog: Pick<Backlog, "projectId" | "epicId">, title: string): Promise<void> {
  const { importBacklog } = await app.send(ImportBacklog, { input: { ...backlog, format: "TEXT", content: title } });
  expect(importBacklog.__typename).toBe("ImportBacklogPayload");
}

async function retry(runId: string) {
  const { retryRun } = await app.send(RetryRun, { input: { runId } });
  if (retryRun.__typename !== "RetryRunPayload") throw new Error(retryRun.__typename);
  return retryRun.run;
}

const failing =
  (...failures: string[]): FillBehaviour =>
  async ({ epic }) => {
    if (failures.includes(epic.title)) throw new GenerationError("Not this one.");
    return storiesFor(epic.title);
  };

describe("a run that fills epics", () => {
  it("fills every epic of the project and tells of each step", async () => {
    const { projectId, epicIds } = await newProject(["One", "Two", "Three"]);
    const started = await start(projectId);
    expect(started).toMatchObject({ __typename: "StartGenerateStoriesPayload", epicCount: 3 });
    const runId = started.__typename === "StartGenerateStoriesPayload" ? started.run.id : "";
    const history = await app.history(runId);
    checkHistory(history);
    expect(history[1]?.run).toMatchObject({ status: "RUNNING", phase: "GENERATING_STORIES" });
    expect(history.at(-1)?.run).toMatchObject({
      status: "SUCCEEDED",
      phase: "COMPLETED",
      phaseDetail: "3 of 3 epics done, 15 stories made.",
      completedItems: 3,
      createdCount: 15,
    });
    const run = await app.readRun(runId);
    expect(run).toMatchObject({ type: "GENERATE_STORIES", epic: null, mode: "STANDARD", existingBehavior: "SKIP" });
    expect(run.items.nodes.map(({ code, title, story, epic }) => ({ code, title, story, epic }))).toEqual(
      ["One", "Two", "Three"].map((title, n) => ({ code: `E${n + 1}`, title, story: null, epic: { id: epicIds[n] } })),
    );
    const epics = await readEpics(projectId);
    expect(epics.map(({ stories }) => stories.nodes.length)).toEqual([5, 5, 5]);
    expect(epics[1]?.stories.nodes[0]).toMatchObject(storiesFor("Two")[0] ?? {});
  });

  it("shows with each epic that is done the stories that were saved, and no subtasks", async () => {
    const { projectId } = await newProject(["One", "Two"]);
    const history = await app.history(await fill(projectId));
    const done = history.filter(({ item }) => item?.status === "COMPLETED");
    const made = new Map((await readEpics(projectId)).map((epic) => [epic.code, epic.stories.nodes]));
    expect(done).toHaveLength(2);
    for (const { item, stories, subtasks } of done) {
      expect(stories).toEqual(made.get(item?.code ?? "")?.map(({ id, code, title }) => ({ id, code, title })));
      expect([stories.length, subtasks]).toEqual([5, []]);
    }
    expect(history.filter(({ stories }) => stories.length > 0)).toHaveLength(2);
  });

  it("shows drafts of stories while they are written", async () => {
    const gate = createGate();
    generator.scriptFills(async ({ epic, onDraft, signal }) => {
      await gate.pass(signal);
      onDraft({ index: 0, title: `Draft of ${epic.title}`, description: "As an end user …", effort: "S" });
      return storiesFor(epic.title);
    });
    const { projectId } = await newProject(["One"]);
    const runId = await fill(projectId);
    await gate.reached(1);
    const { toEnd } = await app.join(runId);
    gate.open();
    expect((await toEnd).find(({ kind }) => kind === "DRAFTED")).toMatchObject({
      item: { code: "E1" },
      draft: { index: 0, title: "Draft of One" },
      stories: [],
    });
  });

  it("tells the generator the project with all of its epics, what was asked for, and whom for", async () => {
    const { projectId, epicIds } = await newProject(["One", "Two"]);
    const options = { mode: "DETAILED", instructions: "Mind the blind.", existingBehavior: "APPEND" } as const;
    await addStory({ projectId, epicId: epicIds[1] ?? "" }, "There already");
    await app.history(await fill(projectId, { epicIds: [epicIds[1] ?? ""], personaSet: "FULL", options }));
    expect(generator.fills).toMatchObject([
      {
        context: {
          project: { name: "Test", description: "About", context: "Rails" },
          epics: [{ title: "One" }, { title: "Two" }],
          instructions: "Mind the blind.",
          nonce: expect.stringMatching(/^[0-9a-f]{12}$/),
        },
        epic: { title: "Two", description: null, existingStories: [{ title: "There already" }] },
        mode: "DETAILED",
        personaSet: "FULL",
        model: null,
      },
    ]);
    expect((await storiesOf(projectId))[0]).toEqual([]);
  });

  it("writes for the CORE personas where none are named", async () => {
    const { projectId } = await newProject(["One"]);
    await app.history(await fill(projectId, { personaSet: null }));
    expect(generator.fills.map(({ personaSet }) => personaSet)).toEqual(["CORE"]);
  });

  it("goes on where one epic fails", async () => {
    const { projectId } = await newProject(["One", "Two", "Three"]);
    generator.scriptFills(failing("Two"));
    const runId = await fill(projectId);
    const history = await app.history(runId);
    checkHistory(history);
    expect(history.at(-1)?.run).toMatchObject({ status: "PARTIAL", completedItems: 2, failedItems: 1 });
    expect((await app.readRun(runId)).items.nodes[1]).toMatchObject({ status: "FAILED", error: "Not this one." });
  });

  it("numbers stories over the project, without a gap, whichever epic comes first", async () => {
    const { projectId } = await newProject(Array.from({ length: 20 }, (_, i) => `Epic ${i + 1}`));
    await app.history(await fill(projectId));
    const numbers = (await readEpics(projectId)).flatMap(({ stories }) =>
      stories.nodes.map(({ code }) => Number(code.slice(1))),
    );
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  });
});

describe("epics that have stories already", () => {
  it("are left alone with SKIP, whoever made the stories", async () => {
    const { projectId, epicIds } = await newProject(["Has one", "Has none"]);
    await addStory({ projectId, epicId: epicIds[0] ?? "" }, "Mine");
    const runId = await fill(projectId);
    checkHistory(await app.history(runId));
    expect((await app.readRun(runId)).items.nodes).toMatchObject([
      { status: "SKIPPED", attempts: 0, error: "It has stories already." },
      { status: "COMPLETED", createdCount: 5 },
    ]);
    expect((await storiesOf(projectId))[0]).toEqual(["S1 Mine"]);
  });

  it("keep with REPLACE what people wrote, edited or began, and lose the rest", async () => {
    const { projectId, epicIds } = await newProject(["One"]);
    const epicId = epicIds[0] ?? "";
    await app.history(await fill(projectId));
    await addStory({ projectId, epicId }, "Mine");
    const [edited, manual, started, untouched] = await app.readStories(epicId);
    await app.send(UpdateStory, { input: { id: edited?.id ?? "", title: "Edited by a person" } });
    await app.send(CreateSubtask, { input: { storyId: manual?.id ?? "", title: "By hand" } });
    await app.history(await app.start(epicId, { storyIds: [started?.id ?? "", untouched?.id ?? ""] }));
    const begun = (await app.readStories(epicId))[2]?.subtasks.nodes[0];
    await app.send(UpdateSubtask, { input: { id: begun?.id ?? "", status: "IN_PROGRESS" } });

    generator.scriptFills(async () => storiesFor("new", 2));
    const runId = await fill(projectId, { options: { existingBehavior: "REPLACE" } });
    checkHistory(await app.history(runId));
    const kept = ["Edited by a person", "Wish 2 of One", "Wish 3 of One", "Mine"];
    expect(generator.fills.map(({ epic }) => epic.existingStories.map(({ title }) => title))).toEqual([kept]);
    expect((await storiesOf(projectId))[0]).toEqual([
      "S1 Edited by a person",
      "S2 Wish 2 of One",
      "S3 Wish 3 of One",
      "S6 Mine",
      "S7 Wish 1 of new",
      "S8 Wish 2 of new",
    ]);
    expect((await app.readRun(runId)).items.nodes).toMatchObject([{ createdCount: 2, deletedCount: 2 }]);
  });

  it("lose nothing with REPLACE where nothing new comes of it", async () => {
    const { projectId } = await newProject(["One"]);
    await app.history(await fill(projectId));
    const before = await storiesOf(projectId);
    generator.scriptFills(failing("One"));
    const runId = await fill(projectId, { options: { existingBehavior: "REPLACE" } });
    expect((await app.history(runId)).at(-1)?.run.status).toBe("FAILED");
    expect(await storiesOf(projectId)).toEqual(before);
  });

  it("get more with APPEND, after what is there", async () => {
    const { projectId } = await newProject(["One"]);
    await app.history(await fill(projectId));
    generator.scriptFills(async () => storiesFor("more", 2));
    const runId = await fill(projectId, { options: { existingBehavior: "APPEND" } });
    checkHistory(await app.history(runId));
    expect((await storiesOf(projectId))[0]?.slice(4)).toEqual([
      "S5 Wish 5 of One",
      "S6 Wish 1 of more",
      "S7 Wish 2 of more",
    ]);
    expect(generator.fills[0]?.epic.existingStories).toHaveLength(5);
  });
});

describe("retrying and cancelling a run that fills epics", () => {
  it("retries what failed, with the same options and personas", async () => {
    const { projectId, epicIds } = await newProject(["One", "Two", "Three"]);
    generator.scriptFills(failing("One", "Three"));
    const options = { mode: "COMPACT", existingBehavior: "APPEND" } as const;
    const failed = await fill(projectId, { personaSet: "LIGHTWEIGHT", options });
    await app.history(failed);
    await app.send(DeleteEpic, { id: epicIds[2] ?? "" });
    generator.scriptFills();
    const run = await retry(failed);
    expect(run).toMatchObject({ ...options, totalItems: 1, retryOf: { id: failed } });
    expect(run.items.nodes).toEqual([{ code: "E1", title: "One" }]);
    checkHistory(await app.history(run.id));
    expect(generator.fills).toMatchObject([{ epic: { title: "One" }, mode: "COMPACT", personaSet: "LIGHTWEIGHT" }]);
    expect((await storiesOf(projectId)).map((stories) => stories.length)).toEqual([5, 5]);
  });

  it("keeps what is finished when it is cancelled, and aborts the calls under way", async () => {
    const gate = createGate();
    const aborts: Promise<number>[] = [];
    generator.scriptFills(async ({ epic, signal }) => {
      if (epic.title === "Epic 1") return storiesFor(epic.title);
      aborts.push(aborted(signal));
      await gate.pass(signal);
      return storiesFor(epic.title);
    });
    const { projectId } = await newProject(Array.from({ length: 6 }, (_, i) => `Epic ${i + 1}`));
    const runId = await fill(projectId);
    await app.until(runId, ({ run }) => run.completedItems === 1);
    await gate.reached(5);
    expect(await app.cancel(runId)).toMatchObject({ run: { status: "CANCELLED", cancelledItems: 5 } });
    await Promise.all(aborts);
    checkHistory(await app.history(runId));
    await app.idle();
    expect((await storiesOf(projectId)).map((stories) => stories.length)).toEqual([5, 0, 0, 0, 0, 0]);
    generator.scriptFills();
    const rest = await retry(runId);
    expect(rest.totalItems).toBe(5);
    await app.history(rest.id);
  });
});

describe("an epic that is deleted while a run fills it", () => {
  it("is skipped with that reason, and its call is aborted; the others go on", async () => {
    const gate = createGate();
    const aborts = new Map<string, Promise<number>>();
    generator.scriptFills(async ({ epic, signal }) => {
      aborts.set(epic.title, aborted(signal));
      await gate.pass(signal);
      return storiesFor(epic.title);
    });
    const { projectId, epicIds } = await newProject(["One", "Two", "Three"]);
    const runId = await fill(projectId);
    await gate.reached(3);
    await app.send(DeleteEpic, { id: epicIds[1] ?? "" });
    await aborts.get("Two");
    const told = await app.until(runId, ({ run }) => run.skippedItems === 1);
    expect(told).toMatchObject({ kind: "RUN_UPDATED", run: { status: "RUNNING" } });
    gate.open();
    const history = await app.history(runId);
    expect(history.at(-1)?.run).toMatchObject({
      status: "SUCCEEDED",
      completedItems: 2,
      skippedItems: 1,
      failedItems: 0,
    });
    const { items } = await app.readRun(runId);
    expect(items.nodes[1]).toMatchObject({ status: "SKIPPED", error: "The epic was deleted.", epic: null, code: "E2" });
    expect((await storiesOf(projectId)).map((stories) => stories.length)).toEqual([5, 5]);
    await app.idle();
    expect(app.complaints.splice(0)).toEqual([]);
  });

  it("takes the run with it where the whole project goes", async () => {
    const gate = createGate();
    generator.scriptFills(async ({ epic, signal }) => gate.pass(signal).then(() => storiesFor(epic.title)));
    const { projectId } = await newProject(["One", "Two"]);
    const runId = await fill(projectId);
    await gate.reached(2);
    const watching = Promise.allSettled([app.history(runId)]);
    await expect.poll(app.app.watchedRuns, { interval: 5 }).toBe(1);
    await app.send(DeleteProject, { id: projectId });
    expect(await watching).toMatchObject([{ status: "rejected", reason: { code: "NOT_FOUND" } }]);
    gate.open();
    await app.idle();
    expect(app.complaints.splice(0)).toEqual([]);
  });
});

describe("both kinds of run in one project", () => {
  it("are active at once, and neither takes from the other what it works at", async () => {
    const { projectId, epicIds } = await newProject(["One"]);
    const epicId = epicIds[0] ?? "";
    await app.history(await fill(projectId));
    const [splitFirst, splitLast] = [createGate(), createGate()];
    const filled = createGate();
    generator.script(async ({ story, signal }) => {
      await (story.title === "Wish 1 of One" ? splitFirst : splitLast).pass(signal);
      return subtasksFor(story.title);
    });
    generator.scriptFills(async ({ signal }) => filled.pass(signal).then(() => storiesFor("new", 2)));
    const ids = (await app.readStories(epicId)).map(({ id }) => id);
    const filling = await fill(projectId, { options: { existingBehavior: "REPLACE" } });
    await filled.reached(1);
    const first = await app.start(epicId, { storyIds: ids.slice(0, 1) });
    await splitFirst.reached(1);
    const project = (await app.send(ReadEpics, { projectId })).project;
    expect(project?.activeRun?.id).toBe(filling);
    // One story is split before the new ones are saved, one while they are: both stay, the other three go.
    splitFirst.open();
    await app.history(first);
    const last = await app.start(epicId, { storyIds: ids.slice(1, 2) });
    await splitLast.reached(1);
    filled.open();
    const told = await app.history(filling);
    splitLast.open();
    for (const history of [told, await app.history(first), await app.history(last)]) {
      checkHistory(history);
      expect(history.at(-1)?.run).toMatchObject({ status: "SUCCEEDED", completedItems: 1 });
    }
    const after = await app.readStories(epicId);
    expect(after.map(({ title, subtasks }) => [title, subtasks.nodes.length])).toEqual([
      ["Wish 1 of One", 5],
      ["Wish 2 of One", 5],
      ["Wish 1 of new", 0],
      ["Wish 2 of new", 0],
    ]);
    expect((await app.readRun(filling)).items.nodes).toMatchObject([{ createdCount: 2, deletedCount: 3 }]);
  });

  it("can each be active only once", async () => {
    const gate = createGate();
    generator.scriptFills(async ({ epic, signal }) => gate.pass(signal).then(() => storiesFor(epic.title)));
    const { projectId } = await newProject(["One"]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => start(projectId)));
    const [winner, ...more] = answers.filter((answer) => answer.__typename === "StartGenerateStoriesPayload");
    expect(more).toEqual([]);
    const losers = answers.filter((answer) => answer.__typename === "RunAlreadyActiveError");
    expect(losers.map(({ run }) => run.id)).toEqual(Array(19).fill(winner?.run.id));
    gate.open();
    await app.history(winner?.run.id ?? "");
  });

  it("share the project's idempotency keys", async () => {
    const { projectId, epicIds } = await newProject(["One", "Two"]);
    const named = { epicIds: [...epicIds], idempotencyKey: "k" };
    const runId = await fill(projectId, named);
    await app.history(runId);
    expect(await fill(projectId, { ...named, epicIds: epicIds.toReversed(), personaSet: "CORE" })).toBe(runId);
    for (const other of [{ personaSet: "FULL" as const }, { epicIds: null }, { options: { mode: "COMPACT" as const } }])
      expect(await start(projectId, { ...named, ...other })).toMatchObject({ __typename: "IdempotencyConflictError" });
  });
});

describe("a start that cannot be", () => {
  it("is NotFoundError, with the id as it was sent, where the project or an epic of it is not there", async () => {
    const { projectId, epicIds } = await newProject(["One"]);
    const foreign = await newProject(["Theirs"]);
    for (const id of ["nonsense", epicIds[0] ?? "", projectId.slice(0, -4)])
      expect(await start(id)).toMatchObject({ __typename: "NotFoundError", id });
    for (const id of ["nonsense", projectId, foreign.epicIds[0] ?? ""])
      expect(await start(projectId, { epicIds: [...epicIds, id] })).toMatchObject({ __typename: "NotFoundError", id });
  });

  it("is InvalidInputError where an epic is named twice, or an option cannot be held", async () => {
    const { projectId, epicIds } = await newProject(["One"]);
    expect(await start(projectId, { epicIds: [...epicIds, ...epicIds] })).toMatchObject({
      __typename: "InvalidInputError",
      issues: [{ path: ["epicIds", "1"], message: "This epic is named twice; name each once." }],
    });
    expect(await start(projectId, { options: { model: "none such" } })).toMatchObject({
      __typename: "InvalidInputError",
      issues: [{ path: ["options", "model"] }],
    });
  });

  it("is NothingToDoError where no epic is named, or the project has none", async () => {
    const { projectId } = await newProject(["One"]);
    const empty = await newProject([]);
    expect(await start(projectId, { epicIds: [] })).toMatchObject({
      __typename: "NothingToDoError",
      message: "No epic is named. Name some, or leave `epicIds` out for all of the project.",
    });
    expect(await start(empty.projectId)).toMatchObject({
      __typename: "NothingToDoError",
      message: "The project has no epics. Add some, or import a backlog, and start again.",
    });
  });
});

describe("with the outline generator", () => {
  it.each([
    ["COMPACT", "LIGHTWEIGHT", 5, 8],
    ["STANDARD", "CORE", 8, 12],
    ["DETAILED", "FULL", 12, 15],
  ] as const)("fills epics %s for %s personas, and the stories can be split", async (mode, personaSet, least, most) => {
    const outline = await startTestApp({ generator: createOutlineGenerator() });
    try {
      const { projectId, epicIds } = await newProject(["Lending desk", "Opening hours"], outline);
      const runId = await fill(projectId, { personaSet, options: { mode } }, outline);
      const history = await outline.history(runId);
      checkHistory(history);
      expect(history.at(-1)?.run).toMatchObject({ status: "SUCCEEDED", completedItems: 2 });
      for (const { stories } of await readEpics(projectId, outline)) {
        expect(stories.nodes.length).toBeGreaterThanOrEqual(least);
        expect(stories.nodes.length).toBeLessThanOrEqual(most);
        const personas: readonly string[] = PERSONAS[personaSet];
        for (const { persona, narrative, acceptanceCriteria, priority, effort } of stories.nodes) {
          expect(personas).toContain(persona);
          expect(narrative).toMatch(/^As (?:an?|the) .+ I want/);
          expect(acceptanceCriteria.length).toBeGreaterThanOrEqual(2);
          expect([priority, effort]).toEqual([expect.any(String), expect.any(String)]);
        }
      }
      const split = await outline.history(await outline.start(epicIds[0] ?? ""));
      expect(split.at(-1)?.run.status).toBe("SUCCEEDED");
      const usage = (await outline.readRun(runId)).usage;
      expect([usage.inputTokens, usage.outputTokens, usage.costUsd]).toEqual([0, 0, 0]);
    } finally {
      await outline.close();
    }
  });
});
