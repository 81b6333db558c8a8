import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEpic, deleteEpic, moveEpic } from "../../src/backlog/epics.ts";
import { saveGeneratedSubtasks } from "../../src/backlog/generated-subtasks.ts";
import { importBacklog } from "../../src/backlog/import-backlog.ts";
import { moveStory } from "../../src/backlog/move-story.ts";
import { moveSubtask } from "../../src/backlog/move-subtask.ts";
import { deleteProject } from "../../src/backlog/projects.ts";
import { createStory, deleteStory, updateStory } from "../../src/backlog/stories.ts";
import { createSubtask, deleteSubtask, updateSubtask } from "../../src/backlog/subtasks.ts";
import type { Database } from "../../src/database/database.ts";
import type { Story } from "../../src/database/generated/prisma/client.ts";
import { createTestDatabase } from "../support/database.ts";
import {
  epicsOf,
  holdStory,
  newEpic,
  newProject,
  newRun,
  newStory,
  newSubtask,
  noRuns,
  several,
  storiesOf,
  subtasksOf,
  waiting,
} from "./fixture.ts";

let database: Database;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

/** Starts all at once; whatever fails other than for something that is gone fails the test. */
async function allAtOnce(works: readonly (() => Promise<unknown>)[]): Promise<void> {
  const results = await Promise.allSettled(works.map((work) => work()));
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  expect(failures.filter((failure) => failure.name !== "NotFoundError")).toEqual([]);
}

function expectDense(rows: readonly { readonly position: number; readonly number: number }[]): void {
  expect(rows.map((row) => row.position)).toEqual(rows.map((_, index) => index));
  expect(new Set(rows.map((row) => row.number)).size).toBe(rows.length);
}

async function generate(stories: readonly Story[], runId: string, replace: boolean): Promise<unknown> {
  const subtasks = Array.from({ length: 3 }, (_, index) => ({
    title: `Generated ${index}`,
    description: "",
    effort: "M" as const,
    acceptanceCriteria: [],
    dependsOn: index === 0 ? [] : [0],
    coversCriteria: [],
  }));
  return database.transaction((tx) =>
    saveGeneratedSubtasks(
      tx,
      stories.map(({ id }) => ({ storyId: id, runId, replace, subtasks })),
    ),
  );
}

describe("many people at once", () => {
  it("keep epics dense and their codes apart", async () => {
    const projectId = await newProject(database);
    const epics = await several(10, () => newEpic(database, projectId));
    await allAtOnce(
      epics.flatMap(({ id }, n) => [
        () => createEpic(database, { projectId, title: "New" }),
        () => moveEpic(database, { id, position: 9 - n }),
        () => (n % 2 === 0 ? deleteEpic(database, { id }, noRuns) : moveEpic(database, { id, position: n })),
      ]),
    );
    const left = await epicsOf(database, projectId);
    expectDense(left);
    expect(left).toHaveLength(15);
    expect(
      left
        .map((epic) => epic.number)
        .sort((a, b) => a - b)
        .slice(5),
    ).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
  });

  it("keep the stories of two epics dense and their codes apart, moves to and fro included", async () => {
    const projectId = await newProject(database);
    const [one, other] = [await newEpic(database, projectId), await newEpic(database, projectId)];
    const stories = await several(12, (n) => newStory(database, { epicId: (n % 2 === 0 ? one : other).id }));
    await allAtOnce(
      stories.flatMap(({ id }, n) => [
        () => createStory(database, { epicId: one.id, title: "New" }),
        () => moveStory(database, { id, epicId: (n % 2 === 0 ? other : one).id, position: n % 5 }),
        () => (n % 3 === 0 ? deleteStory(database, { id }, noRuns) : moveStory(database, { id, position: n % 4 })),
        () => importBacklog(database, { projectId, epicId: other.id, format: "TEXT", content: "One\nTwo" }),
      ]),
    );
    const [here, there] = [await storiesOf(database, one.id), await storiesOf(database, other.id)];
    expectDense(here);
    expectDense(there);
    expect(new Set([...here, ...there].map((story) => story.number)).size).toBe(12 - 4 + 12 + 24);
  });

  it("keep the subtasks of two stories dense and their codes apart, saves of runs included", async () => {
    const one = await newStory(database);
    const other = await newStory(database, { epicId: one.epicId });
    const runId = (await newRun(database, [one, other])).id;
    const subtasks = await several(10, (n) => newSubtask(database, { storyId: (n % 2 === 0 ? one : other).id }));
    await allAtOnce(
      subtasks.flatMap(({ id }, n) => [
        () => createSubtask(database, { storyId: one.id, title: "New", dependsOn: [] }),
        () => moveSubtask(database, { id, storyId: (n % 2 === 0 ? other : one).id, position: n % 4 }),
        () => (n % 3 === 0 ? deleteSubtask(database, { id }) : moveSubtask(database, { id, position: n % 3 })),
        () => generate(n % 2 === 0 ? [one, other] : [other, one], runId, n % 4 === 0),
      ]),
    );
    expectDense(await subtasksOf(database, one.id));
    expectDense(await subtasksOf(database, other.id));
  });

  it("get the codes ST1 to STn of a story, none twice and none left out", async () => {
    const story = await newStory(database);
    const runId = (await newRun(database, [story])).id;
    await allAtOnce(
      Array.from(
        { length: 30 },
        (_, n) => () =>
          n % 3 === 0 ? generate([story], runId, false) : createSubtask(database, { storyId: story.id, title: "New" }),
      ),
    );
    const subtasks = await subtasksOf(database, story.id);
    expectDense(subtasks);
    // Whoever came later has the later code and the later place.
    expect(subtasks.map((subtask) => subtask.number)).toEqual(subtasks.map((_, index) => index + 1));
    expect(subtasks).toHaveLength(50);
  });

  it("never wait for each other in a circle", async () => {
    for (let round = 0; round < 3; round++) {
      const projectId = await newProject(database);
      const epics = await several(3, () => newEpic(database, projectId));
      const stories = await several(18, (n) =>
        newStory(database, { epicId: epics[n % 3]!.id, acceptanceCriteria: ["a", "b"] }),
      );
      const subtasks = await several(18, (n) =>
        newSubtask(database, { storyId: stories[n]!.id, coversCriteria: [0, 1] }),
      );
      const runId = (await newRun(database, stories)).id;
      const backwards = stories.toReversed();
      await allAtOnce(
        stories.flatMap(({ id }, n) => [
          () => generate(n % 2 === 0 ? stories : backwards, runId, true),
          () => moveStory(database, { id, epicId: epics[(n + 1) % 3]!.id, position: 0 }),
          () => moveSubtask(database, { id: subtasks[n]!.id, storyId: backwards[n]!.id, position: 0 }),
          () => updateStory(database, { id, acceptanceCriteria: ["b", "a"] }),
          () => updateSubtask(database, { id: subtasks[n]!.id, status: "IN_PROGRESS", dependsOn: [] }),
          () => moveEpic(database, { id: epics[n % 3]!.id, position: n % 3 }),
          () => (n % 4 === 0 ? deleteStory(database, { id }, noRuns) : moveStory(database, { id, position: 0 })),
          ...(n === 9 ? [() => deleteEpic(database, { id: epics[0]!.id }, noRuns)] : []),
          ...(n === 17 ? [() => deleteProject(database, { id: projectId }, noRuns)] : []),
        ]),
      );
      expect(await database.prisma.subtask.count({ where: { projectId } })).toBe(0);
    }
  });
});

describe("a save of many stories while one of them is being edited", () => {
  it("waits, and takes what was made meanwhile into account", async () => {
    const one = await newStory(database, { acceptanceCriteria: ["a"] });
    const other = await newStory(database, { epicId: one.epicId });
    const runId = (await newRun(database, [one, other])).id;
    const held = await holdStory(database, other.id);
    const saved = generate([one, other], runId, true);
    await waiting(database, 1);
    const { projectId, id: storyId } = other;
    const made = {
      projectId,
      storyId,
      number: 1,
      position: 0,
      title: "New",
      description: "",
      effort: "M",
      origin: "MANUAL",
    } as const;
    await held.release(async (tx) => {
      await tx.story.update({ where: { id: storyId }, data: { lastSubtaskNumber: 1 } });
      await tx.subtask.create({ data: made });
    });
    await saved;
    const subtasks = await subtasksOf(database, other.id);
    expectDense(subtasks);
    expect(subtasks.map((subtask) => subtask.number)).toEqual([1, 2, 3, 4]);
  });
});
