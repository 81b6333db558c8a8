import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { moveSubtask } from "../../src/backlog/move-subtask.ts";
import { updateSubtask } from "../../src/backlog/subtasks.ts";
import type { Database } from "../../src/database/database.ts";
import { createTestDatabase } from "../support/database.ts";
import {
  backdate,
  holdStory,
  invalid,
  LONG_AGO,
  newStory,
  newSubtask,
  notFound,
  several,
  subtasksOf,
  UNKNOWN_ID,
  waiting,
} from "./fixture.ts";

let database: Database;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

/** Two stories of one project, with subtasks ST1 to ST3 each, called by where they were made. */
async function twoStories() {
  const here = await newStory(database, { acceptanceCriteria: ["a", "b"] });
  const there = await newStory(database, { epicId: here.epicId, acceptanceCriteria: ["a", "b"] });
  const make = (storyId: string, place: string) =>
    several(3, (n) => newSubtask(database, { storyId, title: `${place}${n + 1}`, coversCriteria: [0, 1] }));
  const ids = (await make(here.id, "here")).map((subtask) => subtask.id);
  await make(there.id, "there");
  await backdate(database);
  return { here: here.id, there: there.id, ids };
}

/** The subtasks' titles in order, and the proof that positions are dense and that nothing counts as edited. */
async function order(storyId: string): Promise<string> {
  const subtasks = await subtasksOf(database, storyId);
  expect(subtasks.map((subtask) => subtask.position)).toEqual(subtasks.map((_, index) => index));
  expect(subtasks.every((subtask) => subtask.updatedAt.getTime() === LONG_AGO.getTime())).toBe(true);
  expect(subtasks.every((subtask) => subtask.editedAt === null)).toBe(true);
  return subtasks.map((subtask) => subtask.title).join(" ");
}

describe("moving a subtask within its story", () => {
  it.each([
    ["down", 0, 1, "here2 here1 here3"],
    ["up", 2, 0, "here3 here1 here2"],
    ["past the end, which is the end", 0, 99, "here2 here3 here1"],
    ["to where it is", 1, 1, "here1 here2 here3"],
  ])("%s shifts those between, keeps its code and ties, and is no edit", async (_, from, to, expected) => {
    const { here, there, ids } = await twoStories();
    const moved = await moveSubtask(database, { id: ids[from]!, position: to });
    expect([await order(here), await order(there)]).toEqual([expected, "there1 there2 there3"]);
    expect(moved).toMatchObject({ number: from + 1, coversCriteria: [0, 1] });
    expect(await database.prisma.subtask.findUnique({ where: { id: moved.id } })).toEqual(moved);
  });

  it("keeps its dependencies", async () => {
    const { here, ids } = await twoStories();
    await updateSubtask(database, { id: ids[1]!, dependsOn: [ids[0]!] });
    await moveSubtask(database, { id: ids[1]!, storyId: here, position: 0 });
    expect(await database.prisma.subtaskDependency.count({ where: { storyId: here } })).toBe(1);
  });
});

describe("moving a subtask to another story", () => {
  it("closes the gap here, makes room there, gives it that story's next code, and is no edit", async () => {
    const { here, there, ids } = await twoStories();
    const moved = await moveSubtask(database, { id: ids[1]!, storyId: there, position: 1 });
    expect([await order(here), await order(there)]).toEqual(["here1 here3", "there1 here2 there2 there3"]);
    expect(moved).toMatchObject({ storyId: there, number: 4, position: 1 });
    expect(await database.prisma.subtask.findUnique({ where: { id: moved.id } })).toEqual(moved);
  });

  it("leaves the old code free of use, there and back", async () => {
    const { here, there, ids } = await twoStories();
    await moveSubtask(database, { id: ids[2]!, storyId: there, position: 0 });
    expect(await newSubtask(database, { storyId: here })).toMatchObject({ number: 4 });
    expect(await moveSubtask(database, { id: ids[2]!, storyId: here, position: 9 })).toMatchObject({
      number: 5,
      position: 3,
    });
    expect(await newSubtask(database, { storyId: there })).toMatchObject({ number: 5 });
  });

  it("drops what tied it to the old one: its dependencies both ways and the criteria that it covers", async () => {
    const { here, there, ids } = await twoStories();
    await updateSubtask(database, { id: ids[1]!, dependsOn: [ids[0]!] });
    await updateSubtask(database, { id: ids[2]!, dependsOn: [ids[0]!, ids[1]!] });
    const moved = await moveSubtask(database, { id: ids[1]!, storyId: there, position: 0 });
    expect(moved.coversCriteria).toEqual([]);
    expect(
      await database.prisma.subtaskDependency.findMany({ where: { storyId: { in: [here, there] } } }),
    ).toMatchObject([{ subtaskId: ids[2], dependsOnId: ids[0] }]);
  });

  it("stays within the project: a story of another one is not found", async () => {
    const { here, ids } = await twoStories();
    const foreign = await newStory(database);
    await backdate(database);
    await expect(moveSubtask(database, { id: ids[0]!, storyId: foreign.id, position: 0 })).rejects.toMatchObject(
      notFound("Story", foreign.id),
    );
    await expect(moveSubtask(database, { id: ids[0]!, storyId: UNKNOWN_ID, position: 0 })).rejects.toMatchObject(
      notFound("Story", UNKNOWN_ID),
    );
    expect(await order(here)).toBe("here1 here2 here3");
  });
});

describe("a move that cannot be", () => {
  it("refuses a position below 0", async () => {
    const { id } = await newSubtask(database);
    await expect(moveSubtask(database, { id, position: -1 })).rejects.toMatchObject(
      invalid(["position"], /-1 is none/),
    );
  });

  it("says that there is no such subtask", async () => {
    await expect(moveSubtask(database, { id: UNKNOWN_ID, position: 0 })).rejects.toMatchObject(
      notFound("Subtask", UNKNOWN_ID),
    );
  });
});

describe("a subtask that moves away while somebody else is about to change it", () => {
  it("is changed where it went, by the rules of that story", async () => {
    const here = await newStory(database, { acceptanceCriteria: ["a"] });
    const there = await newStory(database, { epicId: here.epicId, acceptanceCriteria: ["a", "b"] });
    const { id } = await newSubtask(database, { storyId: here.id });
    const held = await holdStory(database, here.id);
    const updated = updateSubtask(database, { id, coversCriteria: [1] });
    await waiting(database, 1);
    await held.release((tx) => tx.subtask.update({ where: { id }, data: { storyId: there.id } }));
    expect(await updated).toMatchObject({ storyId: there.id, coversCriteria: [1] });
  });
});
