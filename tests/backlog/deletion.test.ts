import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SettleRuns } from "../../src/backlog/deletion.ts";
import { deleteEpic } from "../../src/backlog/epics.ts";
import { deleteProject } from "../../src/backlog/projects.ts";
import { deleteStory } from "../../src/backlog/stories.ts";
import type { Database } from "../../src/database/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { newEpic, newRun, newStory, newSubtask, noRuns, several } from "./fixture.ts";

let database: Database;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

const KINDS = ["Project", "Epic", "Story"] as const;
type Kind = (typeof KINDS)[number];

/** A project of one epic with one story, and the ways to delete each and to see whether it is there. */
async function somethingToDelete(kind: Kind) {
  const story = await newStory(database);
  const { projectId } = story;
  const id = { Project: projectId, Epic: story.epicId, Story: story.id }[kind];
  const remove = {
    Project: (settle: SettleRuns) => deleteProject(database, { id }, settle),
    Epic: (settle: SettleRuns) => deleteEpic(database, { id }, settle),
    Story: (settle: SettleRuns) => deleteStory(database, { id }, settle),
  }[kind];
  const isThere = async () => (await database.prisma.story.count({ where: { id: story.id } })) > 0;
  return { id, projectId, remove, isThere };
}

/** How many rows of the project's backlog another transaction could lock at once. */
async function lockable(projectId: string): Promise<number> {
  return database.transaction(async (tx) => {
    const locks = [
      await tx.$queryRaw<unknown[]>`SELECT 1 FROM "Project" WHERE id = ${projectId}::uuid FOR UPDATE SKIP LOCKED`,
      await tx.$queryRaw<unknown[]>`SELECT 1 FROM "Epic" WHERE "projectId" = ${projectId}::uuid FOR UPDATE SKIP LOCKED`,
      await tx.$queryRaw<
        unknown[]
      >`SELECT 1 FROM "Story" WHERE "projectId" = ${projectId}::uuid FOR UPDATE SKIP LOCKED`,
    ];
    return locks.flat().length;
  });
}

describe.each(KINDS)("deleting: %s", (kind) => {
  it("settles the runs first, in the same transaction, before anything of the backlog is locked", async () => {
    const { id, projectId, remove } = await somethingToDelete(kind);
    const settled: unknown[] = [];
    await remove(async (tx, going) => {
      settled.push({ ...going, lockable: await lockable(projectId) });
      // Were the deletion another transaction, it would wait for this one for ever.
      settled.push((await tx.story.updateMany({ where: { projectId }, data: { title: "Settled" } })).count);
      return () => {};
    });
    expect(settled).toEqual([{ kind, id, projectId, lockable: 3 }, 1]);
  });

  it("tells the runs' watchers after the commit", async () => {
    const { remove, isThere } = await somethingToDelete(kind);
    const seen: Promise<boolean>[] = [];
    await remove(async () => () => seen.push(isThere()));
    expect(await Promise.all(seen)).toEqual([false]);
  });

  it("keeps everything, and tells nobody, where the runs could not be settled", async () => {
    const { projectId, remove, isThere } = await somethingToDelete(kind);
    const settle: SettleRuns = async (tx) => {
      await tx.project.update({ where: { id: projectId }, data: { name: "Half settled" } });
      throw new Error("no");
    };
    await expect(remove(settle)).rejects.toThrow("no");
    expect(await isThere()).toBe(true);
    expect(await database.prisma.project.findUnique({ where: { id: projectId } })).toMatchObject({ name: "A project" });
  });

  it("is done once where two ask for it", async () => {
    const { id, remove } = await somethingToDelete(kind);
    let told = 0;
    const settle: SettleRuns = async () => () => void told++;
    const results = await Promise.allSettled([remove(settle), remove(settle)]);
    expect(results.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
    const refusal = results.find((result) => result.status === "rejected");
    expect(refusal?.reason).toMatchObject({ name: "NotFoundError", entity: kind, id });
    expect(told).toBe(1);
  });

  it("says that it is gone without a word to the runs", async () => {
    const { remove } = await somethingToDelete(kind);
    await remove(noRuns);
    let asked = false;
    const again = remove(async () => {
      asked = true;
      return () => {};
    });
    await expect(again).rejects.toMatchObject({ name: "NotFoundError", entity: kind });
    expect(asked).toBe(false);
  });
});

describe("what is left of runs", () => {
  it("is the items, without their story", async () => {
    const { id: epicId } = await newEpic(database);
    const stories = await several(2, () => newStory(database, { epicId }));
    const run = await newRun(database, stories);
    await newSubtask(database, { storyId: stories[0]!.id });
    await database.prisma.subtask.updateMany({ where: { storyId: stories[0]!.id }, data: { runId: run.id } });
    await deleteStory(database, { id: stories[0]!.id }, noRuns);
    expect(await itemsOf(run.id)).toEqual([null, stories[1]!.id]);
    await deleteEpic(database, { id: epicId }, noRuns);
    expect(await itemsOf(run.id)).toEqual([null, null]);
    expect(await database.prisma.run.findUnique({ where: { id: run.id } })).toMatchObject({
      epicId: null,
      totalItems: 2,
    });
  });

  it("is nothing where their project goes", async () => {
    const story = await newStory(database);
    const run = await newRun(database, [story]);
    const subtask = await newSubtask(database, { storyId: story.id });
    await database.prisma.subtask.update({ where: { id: subtask.id }, data: { runId: run.id } });
    await deleteProject(database, { id: story.projectId }, noRuns);
    expect(await database.prisma.run.count({ where: { id: run.id } })).toBe(0);
  });
});

async function itemsOf(runId: string): Promise<(string | null)[]> {
  const items = await database.prisma.runItem.findMany({ where: { runId }, orderBy: { position: "asc" } });
  return items.map((item) => item.storyId);
}
