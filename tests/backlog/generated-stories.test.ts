import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEpic, deleteEpic, moveEpic } from "../../src/backlog/epics.ts";
import { readEpicTitles } from "../../src/backlog/epic-titles.ts";
import { type EpicToFill, readEpicsToFill, readFillContext } from "../../src/backlog/fill-context.ts";
import { type GeneratedStory, saveGeneratedStories, type StoriesToSave } from "../../src/backlog/generated-stories.ts";
import { saveGeneratedSubtasks } from "../../src/backlog/generated-subtasks.ts";
import { moveStory } from "../../src/backlog/move-story.ts";
import { createProject } from "../../src/backlog/projects.ts";
import { createStory, deleteStory, updateStory } from "../../src/backlog/stories.ts";
import { createSubtask, updateSubtask } from "../../src/backlog/subtasks.ts";
import type { Database } from "../../src/database/database.ts";
import type { Run, Story } from "../../src/database/generated/prisma/client.ts";
import { createTestDatabase } from "../support/database.ts";
import {
  backdate,
  holdStory,
  LONG_AGO,
  newEpic,
  newProject,
  newRun,
  newStory,
  noRuns,
  several,
  storiesOf,
  subtasksOf,
  UNKNOWN_ID,
  waiting,
} from "./fixture.ts";

let database: Database;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

/** A checked set of `count` stories. */
function setOf(count: number, more: Partial<GeneratedStory> = {}): GeneratedStory[] {
  return Array.from({ length: count }, (_, index) => ({
    title: `Generated ${index}`,
    persona: "End user",
    narrative: `As an end user I want ${index}.`,
    description: `About ${index}`,
    acceptanceCriteria: [`Done ${index}`],
    priority: "SHOULD",
    effort: "S",
    ...more,
  }));
}

async function save(sets: readonly StoriesToSave[]) {
  return database.transaction((tx) => saveGeneratedStories(tx, sets));
}

const OPTIONS = { mode: "STANDARD", existingBehavior: "SKIP", pacing: "NORMAL", request: {} } as const;

/** A run over epics of a project, as a start leaves it. */
async function newFill(projectId: string): Promise<Run> {
  const data = { ...OPTIONS, projectId, type: "GENERATE_STORIES", personaSet: "CORE", totalItems: 0 } as const;
  return database.prisma.run.create({ data });
}

async function endRun(id: string, secondsFromNow: number): Promise<void> {
  const completedAt = new Date(Date.now() + 1_000 * secondsFromNow);
  await database.prisma.run.update({ where: { id }, data: { status: "SUCCEEDED", completedAt } });
}

/** A project with `count` epics and a run over them. */
async function epicsInRun(count = 1): Promise<{ projectId: string; runId: string; epicIds: string[] }> {
  const projectId = await newProject(database);
  const epics = await several(count, () => newEpic(database, projectId));
  return { projectId, runId: (await newFill(projectId)).id, epicIds: epics.map(({ id }) => id) };
}

async function epicInRun() {
  const { projectId, runId, epicIds } = await epicsInRun();
  return { projectId, runId, epicId: epicIds[0]! };
}

/** The stories' codes and titles in order, and the proof that positions are dense. */
async function order(epicId: string): Promise<string[]> {
  const stories = await storiesOf(database, epicId);
  expect(stories.map(({ position }) => position)).toEqual(stories.map((_, index) => index));
  return stories.map(({ number, title }) => `S${number} ${title}`);
}

/** An epic whose stories, three or more, came from a run. */
async function filledEpic(count = 3) {
  const filled = await epicInRun();
  const { epicId, runId } = filled;
  await save([{ epicId, runId, replace: false, stories: setOf(count) }]);
  return { ...filled, stories: await storiesOf(database, epicId) };
}

async function generateSubtasks(story: Story, run: Run): Promise<void> {
  const subtasks = [
    {
      title: "A step",
      description: "",
      effort: "M" as const,
      acceptanceCriteria: [],
      dependsOn: [],
      coversCriteria: [],
    },
  ];
  await database.transaction((tx) =>
    saveGeneratedSubtasks(tx, [{ storyId: story.id, runId: run.id, replace: false, subtasks }]),
  );
}

describe("saving the stories that a run generated", () => {
  it("makes the stories of each set, in order, with all their texts", async () => {
    const { epicId, runId, projectId } = await epicInRun();
    const text = `"quotes" \\ {a,b} NULL \t\n 🏕 ' $1 %s`;
    const stories = setOf(3, { description: text, acceptanceCriteria: [text, ""] });
    const saved = await save([{ epicId, runId, replace: false, stories }]);
    const rows = await storiesOf(database, epicId);
    expect(saved).toEqual(new Map([[epicId, { createdIds: rows.map(({ id }) => id), deletedCount: 0 }]]));
    expect(rows[1]).toMatchObject({
      projectId,
      title: "Generated 1",
      persona: "End user",
      narrative: "As an end user I want 1.",
      description: text,
      acceptanceCriteria: [text, ""],
      priority: "SHOULD",
      effort: "S",
      number: 2,
      position: 1,
      origin: "GENERATED",
      runId,
      editedAt: null,
      lastSubtaskNumber: 0,
    });
  });

  it("comes after what is there, with codes that go on over the project's epics, and is no edit of them", async () => {
    const { projectId, runId, epicIds } = await epicsInRun(2);
    const [one = "", two = ""] = epicIds;
    await createStory(database, { epicId: two, title: "Manual" });
    await backdate(database);
    await save([
      { epicId: two, runId, replace: false, stories: setOf(2) },
      { epicId: one, runId, replace: false, stories: setOf(1) },
    ]);
    await createStory(database, { epicId: one, title: "Later" });
    expect(await order(two)).toEqual(["S1 Manual", "S2 Generated 0", "S3 Generated 1"]);
    expect(await order(one)).toEqual(["S4 Generated 0", "S5 Later"]);
    const project = await database.prisma.project.findUnique({ where: { id: projectId }, include: { epics: true } });
    expect([project, ...(project?.epics ?? [])].map((row) => row?.updatedAt)).toEqual(Array(3).fill(LONG_AGO));
  });

  it("gives null for an epic that is gone, uses no code for it, and saves the others", async () => {
    const { runId, epicIds } = await epicsInRun(2);
    const [gone = "", there = ""] = epicIds;
    await deleteEpic(database, { id: gone }, noRuns);
    const saved = await save(epicIds.map((epicId) => ({ epicId, runId, replace: true, stories: setOf(2) })));
    expect(saved.get(gone)).toBeNull();
    expect(saved.get(there)?.createdIds).toHaveLength(2);
    expect(await order(there)).toEqual(["S1 Generated 0", "S2 Generated 1"]);
    expect(await save([{ epicId: gone, runId, replace: true, stories: setOf(1) }])).toEqual(new Map([[gone, null]]));
  });

  it("saves nothing where there is nothing to save", async () => {
    expect(await save([])).toEqual(new Map());
  });
});

describe("replacing stories", () => {
  it("deletes those of runs that nobody has touched, and keeps all others in their order", async () => {
    const { epicId, runId: before, projectId, stories } = await filledEpic(9);
    const [edited, manualSubtask, editedSubtask, startedSubtask, splitOnly, beingSplit, splitMeanwhile] = stories;
    await createStory(database, { epicId, title: "Manual" });
    await updateStory(database, { id: edited!.id, title: "Edited" });
    await createSubtask(database, { storyId: manualSubtask!.id, title: "By hand" });
    const split = await newRun(database, [editedSubtask!, startedSubtask!, splitOnly!]);
    for (const story of [editedSubtask!, startedSubtask!, splitOnly!]) await generateSubtasks(story, split);
    const subtaskOf = async (story: Story) => (await subtasksOf(database, story.id))[0]!.id;
    await updateSubtask(database, { id: await subtaskOf(editedSubtask!), title: "Edited" });
    await updateSubtask(database, { id: await subtaskOf(startedSubtask!), status: "DONE" });
    for (const id of [before, split.id]) await endRun(id, -1);
    const { id: runId } = await newFill(projectId);
    const meanwhile = await newRun(database, [splitMeanwhile!]);
    await endRun(meanwhile.id, 1);
    const active = await newRun(database, [beingSplit!]);

    const told = await readEpicsToFill(database.prisma, [epicId], { replace: true, runId });
    const saved = await save([{ epicId, runId, replace: true, stories: setOf(2, { title: "New" }) }]);
    const touched = ["S1 Edited", "S2 Generated 1", "S3 Generated 2", "S4 Generated 3"];
    const kept = [...touched, "S6 Generated 5", "S7 Generated 6", "S10 Manual"];
    expect(await order(epicId)).toEqual([...kept, "S11 New", "S12 New"]);
    expect(saved.get(epicId)).toMatchObject({ deletedCount: 3, createdIds: [expect.any(String), expect.any(String)] });
    // What the generator was told to stay is what stayed.
    expect(told.get(epicId)).toMatchObject({ storyCount: 10 });
    expect(told.get(epicId)?.existingStories.map(({ title }) => title)).toEqual(
      kept.map((line) => line.replace(/^S\d+ /, "")),
    );
    const items = await database.prisma.runItem.findMany({ where: { projectId }, orderBy: { code: "asc" } });
    expect(items.filter(({ storyId }) => storyId !== null).map(({ code }) => code)).toEqual(["S3", "S4", "S6", "S7"]);

    for (const id of [runId, meanwhile.id, active.id]) await endRun(id, -1);
    const { id: next } = await newFill(projectId);
    await save([{ epicId, runId: next, replace: true, stories: setOf(1, { title: "Newest" }) }]);
    expect(await order(epicId)).toEqual([...touched, "S10 Manual", "S13 Newest"]);
  });

  it("by nothing replaces nothing", async () => {
    const { epicId, runId } = await filledEpic();
    const saved = await save([{ epicId, runId, replace: true, stories: [] }]);
    expect(saved.get(epicId)).toEqual({ createdIds: [], deletedCount: 0 });
    expect(await order(epicId)).toHaveLength(3);
  });

  it("is told apart from adding, epic by epic, in one save, and leaves other epics alone", async () => {
    const { runId, epicIds } = await epicsInRun(3);
    await save(epicIds.map((epicId) => ({ epicId, runId, replace: false, stories: setOf(2) })));
    const [replaced = "", added = "", other = ""] = epicIds;
    const saved = await save([
      { epicId: replaced, runId, replace: true, stories: setOf(1) },
      { epicId: added, runId, replace: false, stories: setOf(1) },
    ]);
    expect([...saved.values()].map((set) => set?.deletedCount)).toEqual([2, 0]);
    expect(await order(replaced)).toEqual(["S7 Generated 0"]);
    expect(await order(added)).toHaveLength(3);
    expect(await order(other)).toHaveLength(2);
  });

  it("keeps a story that somebody edits at that moment", async () => {
    const { epicId, runId, stories } = await filledEpic();
    const held = await holdStory(database, stories[1]!.id);
    const saving = save([{ epicId, runId, replace: true, stories: setOf(1, { title: "New" }) }]);
    await waiting(database, 1);
    const data = { title: "Edited just now", editedAt: new Date() };
    await held.release((tx) => tx.story.update({ where: { id: stories[1]!.id }, data }));
    expect((await saving).get(epicId)?.deletedCount).toBe(2);
    expect(await order(epicId)).toEqual(["S2 Edited just now", "S4 New"]);
  });

  it("keeps a story that a run is started over at that moment", async () => {
    const { epicId, runId, projectId, stories } = await filledEpic();
    const held = await holdStory(database, stories[1]!.id);
    const saving = save([{ epicId, runId, replace: true, stories: setOf(1, { title: "New" }) }]);
    await waiting(database, 1);
    await held.release(async (tx) => {
      const run = await tx.run.create({
        data: { ...OPTIONS, projectId, type: "GENERATE_SUBTASKS", totalItems: 1 },
      });
      const { id: storyId, title } = stories[1]!;
      await tx.runItem.create({ data: { projectId, runId: run.id, storyId, code: "S2", title, position: 0 } });
    });
    expect((await saving).get(epicId)?.deletedCount).toBe(2);
    expect(await order(epicId)).toEqual(["S2 Generated 1", "S4 New"]);
  });

  it("stands in nobody's way for good, whatever else happens to the epics at once", async () => {
    const { projectId, runId, epicIds } = await epicsInRun(3);
    const sets = (replace: boolean) => epicIds.map((epicId) => ({ epicId, runId, replace, stories: setOf(3) }));
    await save(sets(false));
    const stories = (await several(3, (n) => storiesOf(database, epicIds[n]!))).flat();
    const run = await newRun(database, stories.slice(0, 1));
    const works = [
      ...stories.map((story) => () => generateSubtasks(story, run)),
      () => save(sets(true)),
      () => save(sets(true).toReversed()),
      () => moveEpic(database, { id: epicIds[2]!, position: 0 }),
      () => moveStory(database, { id: stories[8]!.id, epicId: epicIds[0]!, position: 0 }),
      () => deleteStory(database, { id: stories[4]!.id }, noRuns),
      () => updateStory(database, { id: stories[5]!.id, acceptanceCriteria: ["New"] }),
      () => createStory(database, { epicId: epicIds[1]!, title: "Manual" }),
    ];
    const results = await Promise.allSettled(works.map((work) => work()));
    const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    expect(failures.filter(({ name }) => name !== "NotFoundError")).toEqual([]);
    const after = await several(3, (n) => order(epicIds[n]!));
    const codes = after.flat().map((line) => line.split(" ")[0]);
    expect(new Set(codes).size).toBe(codes.length);
    expect(after.flat()).toContain("S1 Generated 0");
    expect(await database.prisma.project.findUnique({ where: { id: projectId } })).toMatchObject({
      lastStoryNumber: 28,
    });
  });
});

describe("a save of 32 sets of 12", () => {
  it("takes eight statements", async () => {
    const { runId, epicIds } = await epicsInRun(32);
    const sets = epicIds.map((epicId) => ({ epicId, runId, replace: true, stories: setOf(12) }));
    await save(sets);
    const statements: string[] = [];
    const saved = await database.transaction(async (tx) => {
      const counted = new Proxy(tx, {
        get(target, key) {
          const member: unknown = Reflect.get(target, key);
          if (typeof member !== "function") return member;
          return (...args: unknown[]) => {
            statements.push(String(key));
            return Reflect.apply(member, target, args);
          };
        },
      });
      return saveGeneratedStories(counted, sets);
    });
    expect(statements).toHaveLength(8);
    expect(epicIds.map((id) => saved.get(id)?.deletedCount)).toEqual(epicIds.map(() => 12));
    expect(await order(epicIds[31]!)).toHaveLength(12);
  });
});

describe("what a run that fills epics is told", () => {
  it("is the project and all of its epics in order; nothing where it is gone", async () => {
    const { id: projectId } = await createProject(database, { name: "Camp", description: "About", context: "Rails" });
    const epics = await several(12, (n) =>
      createEpic(database, { projectId, title: `Epic ${n}`, description: `D${n}` }),
    );
    await moveEpic(database, { id: epics[11]!.id, position: 1 });
    const order = [0, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    expect(await readFillContext(database.prisma, projectId)).toEqual({
      project: { name: "Camp", description: "About", context: "Rails" },
      epics: order.map((n) => ({ title: `Epic ${n}`, description: `D${n}` })),
    });
    expect(await readFillContext(database.prisma, UNKNOWN_ID)).toBeNull();
    const titles = order.map((n) => ({ id: epics[n]!.id, code: `E${n + 1}`, title: `Epic ${n}` }));
    expect(await readEpicTitles(database.prisma, { parentId: projectId })).toEqual(titles);
    const ids = [UNKNOWN_ID, epics[3]!.id, epics[11]!.id];
    expect(await readEpicTitles(database.prisma, { ids })).toEqual([titles[1], titles[4]]);
  });

  it("is of an epic its texts and the stories that stay, in order; epics that are gone are left out", async () => {
    const projectId = await newProject(database);
    const epic = await createEpic(database, { projectId, title: "Groups", description: "All of them" });
    const bare = await newEpic(database, projectId);
    await newStory(database, { epicId: epic.id, title: "One", narrative: "As one …" });
    const two = await newStory(database, { epicId: epic.id, title: "Two" });
    await moveStory(database, { id: two.id, position: 0 });
    const { id: runId } = await newFill(projectId);
    await save([{ epicId: epic.id, runId, replace: false, stories: setOf(1) }]);
    const mine = [
      { title: "Two", narrative: null },
      { title: "One", narrative: "As one …" },
    ];
    const generated = { title: "Generated 0", narrative: "As an end user I want 0." };
    const ids = [bare.id, UNKNOWN_ID, epic.id];
    const told = { title: "Groups", description: "All of them", storyCount: 3 };
    const none: EpicToFill = { title: "An epic", description: null, storyCount: 0, existingStories: [] };
    expect(await readEpicsToFill(database.prisma, ids, { replace: false, runId })).toEqual(
      new Map<string, EpicToFill>([
        [epic.id, { ...told, existingStories: [...mine, generated] }],
        [bare.id, none],
      ]),
    );
    expect(await readEpicsToFill(database.prisma, ids, { replace: true, runId })).toEqual(
      new Map<string, EpicToFill>([
        [epic.id, { ...told, existingStories: mine }],
        [bare.id, none],
      ]),
    );
  });
});
