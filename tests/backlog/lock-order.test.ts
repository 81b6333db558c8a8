import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deleteEpic } from "../../src/backlog/epics.ts";
import { saveGeneratedStories } from "../../src/backlog/generated-stories.ts";
import { saveGeneratedSubtasks } from "../../src/backlog/generated-subtasks.ts";
import { moveStory } from "../../src/backlog/move-story.ts";
import { moveSubtask } from "../../src/backlog/move-subtask.ts";
import { deleteProject } from "../../src/backlog/projects.ts";
import { deleteStory } from "../../src/backlog/stories.ts";
import type { Database } from "../../src/database/database.ts";
import type { Story } from "../../src/database/generated/prisma/client.ts";
import { createTestDatabase } from "../support/database.ts";
import { holdStory, newEpic, newRun, newStory, newSubtask, noRuns, several, waiting } from "./fixture.ts";

let database: Database;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

/** What changes several stories at once, given an epic's three stories in the reverse order of their ids. */
const CHANGES: Record<string, (stories: readonly [Story, Story, Story]) => Promise<unknown>> = {
  "deleting a project": ([{ projectId }]) => deleteProject(database, { id: projectId }, noRuns),
  "deleting an epic": ([{ epicId }]) => deleteEpic(database, { id: epicId }, noRuns),
  "deleting a story": ([first]) => deleteStory(database, { id: first.id }, noRuns),
  "moving a story down": ([first]) => moveStory(database, { id: first.id, position: 2 }),
  "moving a story up": ([, , last]) => moveStory(database, { id: last.id, position: 0 }),
  "moving a story to another epic": async ([first]) => {
    const { id: epicId } = await newEpic(database, first.projectId);
    return moveStory(database, { id: first.id, epicId, position: 0 });
  },
  "moving a subtask to another story": async ([first, , last]) => {
    const { id } = await newSubtask(database, { storyId: first.id });
    return moveSubtask(database, { id, storyId: last.id, position: 0 });
  },
  "replacing an epic's stories": async ([first]) => {
    const { epicId } = first;
    const { id: runId } = await newRun(database, [first]);
    const texts = { persona: "End user", narrative: "", description: "", acceptanceCriteria: [] };
    const set = [{ ...texts, title: "New", priority: "MUST", effort: "S" } as const];
    return database.transaction((tx) => saveGeneratedStories(tx, [{ epicId, runId, replace: true, stories: set }]));
  },
  "saving subtasks of many stories": (stories) =>
    database.transaction((tx) =>
      saveGeneratedSubtasks(
        tx,
        stories.map(({ id, projectId }) => ({ storyId: id, runId: projectId, replace: true, subtasks: [] })),
      ),
    ),
};

describe("whoever changes several stories", () => {
  it.each(Object.entries(CHANGES))("locks them in the order of their ids: %s", async (_, change) => {
    const { id: epicId } = await newEpic(database);
    const byId = (await several(3, () => newStory(database, { epicId }))).sort((a, b) => (a.id < b.id ? -1 : 1));
    const [first, second, third] = byId.toReversed();
    if (first === undefined || second === undefined || third === undefined) throw new Error("There are three.");
    // Positions against the order of the ids, so that one cannot pass for the other.
    for (const [position, { id }] of [first, second, third].entries())
      await database.prisma.story.update({ where: { id }, data: { position } });

    const held = await holdStory(database, third.id);
    const changed = change([first, second, third]);
    await waiting(database, 1);
    // It waits for the lowest id, so it has none of the others yet: nobody can be waiting for it meanwhile.
    const free = await database.prisma.$queryRaw<{ id: string }[]>`
      SELECT id FROM "Story" WHERE "epicId" = ${epicId}::uuid FOR UPDATE SKIP LOCKED`;
    await Promise.all([held.release(), changed]);
    expect(free.map(({ id }) => id).sort()).toEqual([second.id, first.id]);
  });
});
