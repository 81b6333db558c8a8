import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEpic } from "../../src/backlog/epics.ts";
import { saveGeneratedSubtasks } from "../../src/backlog/generated-subtasks.ts";
import { moveStory } from "../../src/backlog/move-story.ts";
import { moveSubtask } from "../../src/backlog/move-subtask.ts";
import { createProject } from "../../src/backlog/projects.ts";
import { readRunContext, readStoriesToSplit } from "../../src/backlog/split-context.ts";
import { updateSubtask } from "../../src/backlog/subtasks.ts";
import type { Database } from "../../src/database/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { newRun, newStory, newSubtask, several, UNKNOWN_ID } from "./fixture.ts";

let database: Database;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

describe("what a run is told", () => {
  it("is project, epic and the titles of its stories in order", async () => {
    const project = await createProject(database, { name: "Camp", description: "About", context: "Rails" });
    const epic = await createEpic(database, { projectId: project.id, title: "Groups", description: "All of them" });
    const stories = await several(12, (n) => newStory(database, { epicId: epic.id, title: `Story ${n}` }));
    await moveStory(database, { id: stories[11]!.id, position: 1 });
    expect(await readRunContext(database.prisma, epic.id)).toEqual({
      project: { name: "Camp", description: "About", context: "Rails" },
      epic: { title: "Groups", description: "All of them" },
      storyTitles: [0, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => `Story ${n}`),
    });
  });

  it("is nothing where the epic is gone", async () => {
    expect(await readRunContext(database.prisma, UNKNOWN_ID)).toBeNull();
  });
});

describe("what a story is split by", () => {
  it("is its texts and the subtasks that stay, in order; stories that are gone are left out", async () => {
    const story = await newStory(database, {
      title: "Add campers",
      persona: "admin",
      narrative: "As an admin …",
      description: "More",
      acceptanceCriteria: ["a", "b"],
      priority: "MUST",
      effort: "L",
    });
    const bare = await newStory(database, { epicId: story.epicId, title: "Bare" });
    const subtasks = await several(3, (n) =>
      newSubtask(database, { storyId: story.id, title: `T${n}`, description: `D${n}` }),
    );
    await moveSubtask(database, { id: subtasks[2]!.id, position: 0 });
    const read = await readStoriesToSplit(database.prisma, [bare.id, UNKNOWN_ID, story.id], { replace: false });
    expect(read.size).toBe(2);
    expect(read.get(story.id)).toEqual({
      title: "Add campers",
      persona: "admin",
      narrative: "As an admin …",
      description: "More",
      acceptanceCriteria: ["a", "b"],
      priority: "MUST",
      effort: "L",
      subtaskCount: 3,
      existingSubtasks: [2, 0, 1].map((n) => ({ title: `T${n}`, description: `D${n}` })),
    });
    expect(read.get(bare.id)).toMatchObject({ title: "Bare", persona: null, subtaskCount: 0, existingSubtasks: [] });
    expect(await readStoriesToSplit(database.prisma, [], { replace: false })).toEqual(new Map());
  });

  it("leaves out what REPLACE will delete, and counts it", async () => {
    const story = await newStory(database);
    const runId = (await newRun(database, [story])).id;
    const subtasks = ["Edited", "Begun", "Replaceable"].map((title) => ({
      title,
      description: "D",
      effort: "M" as const,
      acceptanceCriteria: [],
      dependsOn: [],
      coversCriteria: [],
    }));
    const saved = await database.transaction((tx) =>
      saveGeneratedSubtasks(tx, [{ storyId: story.id, runId, replace: false, subtasks }]),
    );
    const ids = saved.get(story.id)!.createdIds;
    await updateSubtask(database, { id: ids[0]!, effort: "M" });
    await database.prisma.subtask.update({ where: { id: ids[1]! }, data: { status: "IN_PROGRESS" } });
    await newSubtask(database, { storyId: story.id, title: "Manual" });
    const titles = async (replace: boolean) => {
      const read = (await readStoriesToSplit(database.prisma, [story.id], { replace })).get(story.id);
      return [read?.subtaskCount, read?.existingSubtasks.map((subtask) => subtask.title)];
    };
    expect(await titles(true)).toEqual([4, ["Edited", "Begun", "Manual"]]);
    expect(await titles(false)).toEqual([4, ["Edited", "Begun", "Replaceable", "Manual"]]);
  });
});
