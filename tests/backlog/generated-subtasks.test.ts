import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type GeneratedSubtask,
  saveGeneratedSubtasks,
  type SubtasksToSave,
} from "../../src/backlog/generated-subtasks.ts";
import { moveSubtask } from "../../src/backlog/move-subtask.ts";
import { deleteStory, updateStory } from "../../src/backlog/stories.ts";
import { createSubtask, updateSubtask } from "../../src/backlog/subtasks.ts";
import type { Database } from "../../src/database/database.ts";
import type { Story } from "../../src/database/generated/prisma/client.ts";
import { createTestDatabase } from "../support/database.ts";
import { backdate, LONG_AGO, newEpic, newRun, newStory, newSubtask, noRuns, several, subtasksOf } from "./fixture.ts";

let database: Database;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

/** A checked set of `count` subtasks, each depending on the one before. */
function setOf(count: number, more: Partial<GeneratedSubtask> = {}): GeneratedSubtask[] {
  return Array.from({ length: count }, (_, index) => ({
    title: `Generated ${index}`,
    description: `About ${index}`,
    effort: "S",
    acceptanceCriteria: [`Done ${index}`],
    dependsOn: index === 0 ? [] : [index - 1],
    coversCriteria: [],
    ...more,
  }));
}

async function save(sets: readonly SubtasksToSave[]) {
  return database.transaction((tx) => saveGeneratedSubtasks(tx, sets));
}

/** A story with a run over it. */
async function storyInRun(input: Parameters<typeof newStory>[1] = {}): Promise<{ story: Story; runId: string }> {
  const story = await newStory(database, input);
  return { story, runId: (await newRun(database, [story])).id };
}

/** The subtasks' titles in order, and the proof that positions are dense. */
async function order(storyId: string): Promise<string[]> {
  const subtasks = await subtasksOf(database, storyId);
  expect(subtasks.map((subtask) => subtask.position)).toEqual(subtasks.map((_, index) => index));
  return subtasks.map((subtask) => `ST${subtask.number} ${subtask.title}`);
}

describe("saving what a run generated", () => {
  it("makes the subtasks of each set, in order, with their texts and dependencies", async () => {
    const { story, runId } = await storyInRun({ acceptanceCriteria: ["a", "b"] });
    const subtasks = setOf(3).map((subtask, n) => ({
      ...subtask,
      dependsOn: [[], [0], [1, 0]][n]!,
      coversCriteria: [0, 1],
    }));
    const saved = await save([{ storyId: story.id, runId, replace: false, subtasks }]);
    const rows = await subtasksOf(database, story.id);
    expect(saved).toEqual(new Map([[story.id, { createdIds: rows.map((row) => row.id), deletedCount: 0 }]]));
    expect(rows[1]).toMatchObject({
      projectId: story.projectId,
      title: "Generated 1",
      description: "About 1",
      effort: "S",
      acceptanceCriteria: ["Done 1"],
      coversCriteria: [0, 1],
      status: "TODO",
      origin: "GENERATED",
      number: 2,
      position: 1,
      runId,
      editedAt: null,
    });
    const ties = await database.prisma.subtaskDependency.findMany({ where: { storyId: story.id } });
    const numbers = new Map(rows.map((row) => [row.id, row.number]));
    expect(ties.map((tie) => [tie.subtaskId, tie.dependsOnId].map((id) => numbers.get(id))).sort()).toEqual([
      [2, 1],
      [3, 1],
      [3, 2],
    ]);
  });

  it("keeps every character of a text", async () => {
    const { story, runId } = await storyInRun();
    const text = `"quotes" \\ {a,b} NULL \t\n 🏕 ' $1 %s`;
    await save([
      {
        storyId: story.id,
        runId,
        replace: false,
        subtasks: setOf(1, { description: text, acceptanceCriteria: [text, ""] }),
      },
    ]);
    expect((await subtasksOf(database, story.id))[0]).toMatchObject({
      description: text,
      acceptanceCriteria: [text, ""],
    });
  });

  it("comes after what is there, with codes that go on, and is no edit of the story", async () => {
    const { story, runId } = await storyInRun();
    await createSubtask(database, { storyId: story.id, title: "Manual" });
    await backdate(database);
    await save([{ storyId: story.id, runId, replace: false, subtasks: setOf(2) }]);
    await save([{ storyId: story.id, runId, replace: false, subtasks: setOf(1) }]);
    expect(await order(story.id)).toEqual(["ST1 Manual", "ST2 Generated 0", "ST3 Generated 1", "ST4 Generated 0"]);
    expect(await database.prisma.story.findUnique({ where: { id: story.id } })).toMatchObject({
      updatedAt: LONG_AGO,
      lastSubtaskNumber: 4,
    });
  });

  it("gives null for a story that is gone, and saves the others", async () => {
    const { id: epicId } = await newEpic(database);
    const stories = await several(2, () => newStory(database, { epicId }));
    const runId = (await newRun(database, stories)).id;
    await deleteStory(database, { id: stories[0]!.id }, noRuns);
    const saved = await save(stories.map(({ id }) => ({ storyId: id, runId, replace: true, subtasks: setOf(2) })));
    expect(saved.get(stories[0]!.id)).toBeNull();
    expect(saved.get(stories[1]!.id)?.createdIds).toHaveLength(2);
    expect([...saved.keys()]).toEqual(stories.map((story) => story.id));
  });

  it("saves nothing where there is nothing to save", async () => {
    expect(await save([])).toEqual(new Map());
  });
});

describe("the criteria that generated subtasks cover", () => {
  it("are those that the story has", async () => {
    const { story, runId } = await storyInRun({ acceptanceCriteria: ["a", "b"] });
    await save([{ storyId: story.id, runId, replace: false, subtasks: setOf(1, { coversCriteria: [5, 1, 2, 1] }) }]);
    expect((await subtasksOf(database, story.id))[0]?.coversCriteria).toEqual([1]);
  });

  it("follow the texts where the story was edited while it was being split", async () => {
    const { story, runId } = await storyInRun({ acceptanceCriteria: ["a", "b", "c"] });
    await updateStory(database, { id: story.id, acceptanceCriteria: ["c", "new", "a"] });
    const subtasks = setOf(1, { coversCriteria: [0, 1, 2] });
    await save([{ storyId: story.id, runId, replace: false, subtasks, storyCriteria: story.acceptanceCriteria }]);
    expect((await subtasksOf(database, story.id))[0]?.coversCriteria).toEqual([0, 2]);
  });
});

describe("replacing", () => {
  it("deletes only what a run made, nobody began and no person edited, and closes the gaps", async () => {
    const { story, runId } = await storyInRun();
    const storyId = story.id;
    const first = (await save([{ storyId, runId, replace: false, subtasks: setOf(6) }])).get(storyId)!.createdIds;
    const manual = await createSubtask(database, { storyId, title: "Manual" });
    await updateSubtask(database, { id: first[1]!, title: "Edited" });
    await database.prisma.subtask.update({ where: { id: first[3]! }, data: { title: "Begun", status: "IN_PROGRESS" } });
    await database.prisma.subtask.update({ where: { id: first[4]! }, data: { title: "Done", status: "DONE" } });
    await moveSubtask(database, { id: first[5]!, position: 0 });
    await moveSubtask(database, { id: manual.id, position: 3 });
    await backdate(database);

    const saved = await save([{ storyId, runId, replace: true, subtasks: setOf(2) }]);
    expect(saved.get(storyId)).toMatchObject({ deletedCount: 3, createdIds: [expect.any(String), expect.any(String)] });
    expect(await order(storyId)).toEqual([
      "ST2 Edited",
      "ST7 Manual",
      "ST4 Begun",
      "ST5 Done",
      "ST8 Generated 0",
      "ST9 Generated 1",
    ]);
    const kept = (await subtasksOf(database, storyId)).slice(0, 4);
    expect(kept.every((subtask) => subtask.updatedAt.getTime() === LONG_AGO.getTime())).toBe(true);
    expect(await database.prisma.subtaskDependency.count({ where: { storyId } })).toBe(2);
  });

  it("never uses a code again", async () => {
    const { story, runId } = await storyInRun();
    for (let round = 0; round < 3; round++)
      await save([{ storyId: story.id, runId, replace: true, subtasks: setOf(2) }]);
    expect(await order(story.id)).toEqual(["ST5 Generated 0", "ST6 Generated 1"]);
  });

  it("by nothing replaces nothing", async () => {
    const { story, runId } = await storyInRun();
    await save([{ storyId: story.id, runId, replace: false, subtasks: setOf(2) }]);
    const saved = await save([{ storyId: story.id, runId, replace: true, subtasks: [] }]);
    expect(saved.get(story.id)).toEqual({ createdIds: [], deletedCount: 0 });
    expect(await order(story.id)).toHaveLength(2);
  });

  it("is told apart from adding, story by story, in one save", async () => {
    const { id: epicId } = await newEpic(database);
    const stories = await several(2, () => newStory(database, { epicId }));
    const runId = (await newRun(database, stories)).id;
    const sets = (replaceFirst: boolean) =>
      stories.map(({ id }, n) => ({ storyId: id, runId, replace: n === 0 && replaceFirst, subtasks: setOf(n + 1) }));
    await save(sets(false));
    const saved = await save(sets(true));
    expect(stories.map(({ id }) => saved.get(id)?.deletedCount)).toEqual([1, 0]);
    expect(await order(stories[0]!.id)).toEqual(["ST2 Generated 0"]);
    expect(await order(stories[1]!.id)).toHaveLength(4);
  });

  it("leaves other stories alone", async () => {
    const { story, runId } = await storyInRun();
    const other = await newStory(database, { epicId: story.epicId });
    for (const storyId of [story.id, other.id]) await save([{ storyId, runId, replace: false, subtasks: setOf(2) }]);
    await save([{ storyId: story.id, runId, replace: true, subtasks: setOf(1) }]);
    expect(await order(other.id)).toHaveLength(2);
  });
});

describe("a save of 32 sets of 8", () => {
  it("takes six statements", async () => {
    const { id: epicId } = await newEpic(database);
    const stories = await several(32, () => newStory(database, { epicId, acceptanceCriteria: ["a", "b"] }));
    const runId = (await newRun(database, stories)).id;
    const sets = stories.map(({ id }) => ({
      storyId: id,
      runId,
      replace: true,
      subtasks: setOf(8, { coversCriteria: [0, 1] }),
    }));
    await save(sets);
    await newSubtask(database, { storyId: stories[0]!.id });
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
      return saveGeneratedSubtasks(counted, sets);
    });
    expect(statements).toHaveLength(6);
    expect(stories.map(({ id }) => saved.get(id)?.deletedCount)).toEqual(stories.map(() => 8));
    expect(await order(stories[0]!.id)).toHaveLength(9);
    expect(await database.prisma.subtaskDependency.count({ where: { projectId: stories[0]!.projectId } })).toBe(32 * 7);
  });
});
