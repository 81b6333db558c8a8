import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSubtask, updateSubtask } from "../../src/backlog/subtasks.ts";
import type { Database } from "../../src/database/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { invalid, newStory, newSubtask, notFound, several, subtasksOf, UNKNOWN_ID } from "./fixture.ts";

let database: Database;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

/** A story with ST1, ST2, ST3 …, each depending on the one before. */
async function chain(length: number) {
  const { id: storyId } = await newStory(database);
  const ids: string[] = [];
  for (let n = 0; n < length; n++) ids.push((await newSubtask(database, { storyId, dependsOn: ids.slice(-1) })).id);
  return { storyId, ids };
}

/** Which numbers a subtask depends on. */
async function dependenciesOf(subtaskId: string): Promise<number[]> {
  const found = await database.prisma.subtaskDependency.findMany({
    where: { subtaskId },
    include: { dependsOn: true },
  });
  return found.map(({ dependsOn }) => dependsOn.number).sort((a, b) => a - b);
}

describe("what comes first", () => {
  it("is set when a subtask is made, an id named twice once", async () => {
    const { id: storyId } = await newStory(database);
    const [first, second] = await several(2, () => newSubtask(database, { storyId }));
    const { id } = await createSubtask(database, {
      storyId,
      title: "x",
      dependsOn: [second!.id, first!.id, second!.id],
    });
    expect(await dependenciesOf(id)).toEqual([1, 2]);
  });

  it("is replaced as a whole, left alone where it is absent, and cleared by null", async () => {
    const { ids } = await chain(3);
    const id = ids[2]!;
    await updateSubtask(database, { id, title: "x" });
    expect(await dependenciesOf(id)).toEqual([2]);
    await updateSubtask(database, { id, dependsOn: [ids[0]!] });
    expect(await dependenciesOf(id)).toEqual([1]);
    await updateSubtask(database, { id, dependsOn: null });
    expect(await dependenciesOf(id)).toEqual([]);
  });

  it("may be turned round, once the old order is gone", async () => {
    const { ids } = await chain(2);
    await updateSubtask(database, { id: ids[1]!, dependsOn: [] });
    await updateSubtask(database, { id: ids[0]!, dependsOn: [ids[1]!] });
    expect(await dependenciesOf(ids[0]!)).toEqual([2]);
  });

  it("may branch and meet again, which is no circle", async () => {
    const { ids } = await chain(3);
    await updateSubtask(database, { id: ids[2]!, dependsOn: [ids[0]!, ids[1]!] });
    expect(await dependenciesOf(ids[2]!)).toEqual([1, 2]);
  });
});

describe("what cannot come first", () => {
  it("is a subtask that waits for this one, directly or through others", async () => {
    const { ids } = await chain(4);
    await expect(updateSubtask(database, { id: ids[0]!, dependsOn: [ids[1]!] })).rejects.toMatchObject(
      invalid(["dependsOn", "0"], "ST2 depends on this subtask already, so this one cannot wait for ST2."),
    );
    await expect(updateSubtask(database, { id: ids[1]!, dependsOn: [ids[0]!, ids[3]!] })).rejects.toMatchObject(
      invalid(["dependsOn", "1"], /^ST4 depends/),
    );
    expect(await dependenciesOf(ids[1]!)).toEqual([1]);
  });

  it("is the subtask itself", async () => {
    const { id } = await newSubtask(database);
    await expect(updateSubtask(database, { id, dependsOn: [id] })).rejects.toMatchObject(
      invalid(["dependsOn", "0"], "A subtask cannot depend on itself."),
    );
  });

  it("is a subtask of another story", async () => {
    const story = await newStory(database);
    const { id } = await newSubtask(database, { storyId: story.id });
    const elsewhere = await newSubtask(database, { storyId: (await newStory(database, { epicId: story.epicId })).id });
    const refusal = invalid(["dependsOn", "0"], /subtask of another story/);
    await expect(updateSubtask(database, { id, dependsOn: [elsewhere.id] })).rejects.toMatchObject(refusal);
    await expect(
      createSubtask(database, { storyId: story.id, title: "x", dependsOn: [elsewhere.id] }),
    ).rejects.toMatchObject(refusal);
    expect(await subtasksOf(database, story.id)).toHaveLength(1);
  });

  it("is what does not exist: the id is named", async () => {
    const { id } = await newSubtask(database);
    await expect(updateSubtask(database, { id, dependsOn: [UNKNOWN_ID] })).rejects.toMatchObject(
      notFound("Subtask", UNKNOWN_ID),
    );
  });
});

describe("two people who tie a circle at once", () => {
  it("do not both succeed", async () => {
    const { id: storyId } = await newStory(database);
    const [one, other] = await several(2, () => newSubtask(database, { storyId }));
    const results = await Promise.allSettled([
      updateSubtask(database, { id: one!.id, dependsOn: [other!.id] }),
      updateSubtask(database, { id: other!.id, dependsOn: [one!.id] }),
    ]);
    expect(results.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await database.prisma.subtaskDependency.count({ where: { storyId } })).toBe(1);
  });
});
