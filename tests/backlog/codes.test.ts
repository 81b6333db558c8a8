import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codeOf, takeNumbers } from "../../src/backlog/codes.ts";
import { deleteEpic } from "../../src/backlog/epics.ts";
import { deleteStory } from "../../src/backlog/stories.ts";
import { deleteSubtask } from "../../src/backlog/subtasks.ts";
import type { Database } from "../../src/database/database.ts";
import { createTestDatabase } from "../support/database.ts";
import {
  backdate,
  LONG_AGO,
  newEpic,
  newProject,
  newStory,
  newSubtask,
  noRuns,
  notFound,
  several,
  UNKNOWN_ID,
} from "./fixture.ts";

let database: Database;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

describe("codes", () => {
  it("are a prefix and a number", () => {
    expect([codeOf("E", 1), codeOf("S", 12), codeOf("ST", 3)]).toEqual(["E1", "S12", "ST3"]);
  });

  it("number epics per project", async () => {
    const [first, second] = [await newProject(database), await newProject(database)];
    const epics = [await newEpic(database, first), await newEpic(database, second), await newEpic(database, first)];
    expect(epics.map((epic) => epic.number)).toEqual([1, 1, 2]);
  });

  it("number stories per project, over all of its epics", async () => {
    const projectId = await newProject(database);
    const [first, second] = [await newEpic(database, projectId), await newEpic(database, projectId)];
    const stories = await several(4, (n) => newStory(database, { epicId: (n % 2 === 0 ? first : second).id }));
    expect(stories.map((story) => story.number)).toEqual([1, 2, 3, 4]);
  });

  it("number subtasks per story", async () => {
    const epicId = (await newEpic(database)).id;
    const [first, second] = [await newStory(database, { epicId }), await newStory(database, { epicId })];
    const subtasks = [first, second, first].map((story) => () => newSubtask(database, { storyId: story.id }));
    expect((await several(3, (n) => subtasks[n]!())).map((subtask) => subtask.number)).toEqual([1, 1, 2]);
  });

  it("are never used again, not even those of what was last", async () => {
    const projectId = await newProject(database);
    const epic = await newEpic(database, projectId);
    await deleteEpic(database, { id: epic.id }, noRuns);
    const next = await newEpic(database, projectId);
    expect(next.number).toBe(2);

    const story = await newStory(database, { epicId: next.id });
    await deleteStory(database, { id: story.id }, noRuns);
    const nextStory = await newStory(database, { epicId: next.id });
    expect(nextStory.number).toBe(2);

    const subtask = await newSubtask(database, { storyId: nextStory.id });
    await deleteSubtask(database, { id: subtask.id });
    expect((await newSubtask(database, { storyId: nextStory.id })).number).toBe(2);
  });

  it("can be taken in a row, and counting on is no edit of the parent", async () => {
    const story = await newStory(database);
    await backdate(database);
    await database.transaction(async (tx) => {
      expect(await takeNumbers(tx, "E", story.projectId, 3)).toBe(2);
      expect(await takeNumbers(tx, "S", story.projectId, 2)).toBe(2);
      expect(await takeNumbers(tx, "ST", story.id, 4)).toBe(1);
      expect(await takeNumbers(tx, "ST", story.id, 1)).toBe(5);
    });
    const { project, ...after } = await database.prisma.story
      .findUniqueOrThrow({ where: { id: story.id }, include: { epic: { include: { project: true } } } })
      .then(({ epic, ...row }) => ({ ...row, project: epic.project }));
    expect([project.updatedAt, after.updatedAt]).toEqual([LONG_AGO, LONG_AGO]);
    expect(project).toMatchObject({ lastEpicNumber: 4, lastStoryNumber: 3 });
  });

  it("cannot be taken where the parent is gone", async () => {
    await expect(database.transaction((tx) => takeNumbers(tx, "S", UNKNOWN_ID, 1))).rejects.toMatchObject(
      notFound("Project", UNKNOWN_ID),
    );
  });
});
