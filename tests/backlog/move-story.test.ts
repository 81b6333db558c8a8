import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { moveStory } from "../../src/backlog/move-story.ts";
import type { Database } from "../../src/database/database.ts";
import { createTestDatabase } from "../support/database.ts";
import {
  backdate,
  invalid,
  LONG_AGO,
  newEpic,
  newProject,
  newStory,
  newSubtask,
  notFound,
  several,
  storiesOf,
  subtasksOf,
  UNKNOWN_ID,
} from "./fixture.ts";

let database: Database;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

/** An epic with S1 to S3 and one with S4 to S6, of one project. */
async function twoEpics() {
  const projectId = await newProject(database);
  const epics = await several(2, () => newEpic(database, projectId));
  const stories = await several(6, (n) => newStory(database, { epicId: epics[n < 3 ? 0 : 1]!.id }));
  await backdate(database);
  return { projectId, epicIds: epics.map((epic) => epic.id), ids: stories.map((story) => story.id) };
}

/** The stories' codes in order, and the proof that positions are dense and that nothing counts as edited. */
async function order(epicId: string | undefined): Promise<string> {
  const stories = await storiesOf(database, epicId!);
  expect(stories.map((story) => story.position)).toEqual(stories.map((_, index) => index));
  expect(stories.every((story) => story.updatedAt.getTime() === LONG_AGO.getTime())).toBe(true);
  return stories.map((story) => `S${story.number}`).join(" ");
}

describe("moving a story within its epic", () => {
  it.each([
    ["down", 0, 2, "S2 S3 S1"],
    ["up", 2, 1, "S1 S3 S2"],
    ["past the end, which is the end", 0, 99, "S2 S3 S1"],
    ["to where it is", 1, 1, "S1 S2 S3"],
  ])("%s shifts those between, and is no edit", async (_, from, to, expected) => {
    const { epicIds, ids } = await twoEpics();
    const moved = await moveStory(database, { id: ids[from]!, position: to });
    expect([await order(epicIds[0]), await order(epicIds[1])]).toEqual([expected, "S4 S5 S6"]);
    expect(await database.prisma.story.findUnique({ where: { id: moved.id } })).toEqual(moved);
  });

  it("is the same where its own epic is named", async () => {
    const { epicIds, ids } = await twoEpics();
    await moveStory(database, { id: ids[0]!, epicId: epicIds[0], position: 3 });
    expect(await order(epicIds[0])).toBe("S2 S3 S1");
  });
});

describe("moving a story to another epic", () => {
  it.each([
    ["to the start", 0, "S2 S4 S5 S6"],
    ["in between", 1, "S4 S2 S5 S6"],
    ["to the end", 3, "S4 S5 S6 S2"],
    ["past the end, which is the end", 99, "S4 S5 S6 S2"],
  ])("%s closes the gap here and makes room there, keeps its code, and is no edit", async (_, position, expected) => {
    const { epicIds, ids } = await twoEpics();
    const moved = await moveStory(database, { id: ids[1]!, epicId: epicIds[1], position });
    expect([await order(epicIds[0]), await order(epicIds[1])]).toEqual(["S1 S3", expected]);
    expect(moved).toMatchObject({ epicId: epicIds[1], number: 2 });
    expect(await database.prisma.story.findUnique({ where: { id: moved.id } })).toEqual(moved);
  });

  it("takes its subtasks along", async () => {
    const { epicIds, ids } = await twoEpics();
    const subtask = await newSubtask(database, { storyId: ids[0] });
    await moveStory(database, { id: ids[0]!, epicId: epicIds[1], position: 0 });
    expect(await subtasksOf(database, ids[0]!)).toEqual([subtask]);
  });

  it("empties the one and fills the other", async () => {
    const projectId = await newProject(database);
    const [full, empty] = [await newEpic(database, projectId), await newEpic(database, projectId)];
    const { id } = await newStory(database, { epicId: full.id });
    expect(await moveStory(database, { id, epicId: empty.id, position: 5 })).toMatchObject({ position: 0 });
    expect(await storiesOf(database, full.id)).toEqual([]);
  });

  it("stays within the project: an epic of another one is not found", async () => {
    const { epicIds, ids } = await twoEpics();
    const foreign = await newEpic(database);
    const moving = moveStory(database, { id: ids[0]!, epicId: foreign.id, position: 0 });
    await expect(moving).rejects.toMatchObject(notFound("Epic", foreign.id));
    await expect(moveStory(database, { id: ids[0]!, epicId: UNKNOWN_ID, position: 0 })).rejects.toMatchObject(
      notFound("Epic", UNKNOWN_ID),
    );
    expect(await order(epicIds[0])).toBe("S1 S2 S3");
  });
});

describe("a move that cannot be", () => {
  it("refuses a position below 0", async () => {
    const { id } = await newStory(database);
    await expect(moveStory(database, { id, position: -2 })).rejects.toMatchObject(invalid(["position"], /-2 is none/));
  });

  it("says that there is no such story", async () => {
    await expect(moveStory(database, { id: UNKNOWN_ID, position: 0 })).rejects.toMatchObject(
      notFound("Story", UNKNOWN_ID),
    );
  });
});
