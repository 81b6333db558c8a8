import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSubtask, deleteSubtask, updateSubtask } from "../../src/backlog/subtasks.ts";
import type { Database } from "../../src/database/database.ts";
import { createTestDatabase } from "../support/database.ts";
import {
  backdate,
  invalid,
  LONG_AGO,
  newStory,
  newSubtask,
  notFound,
  several,
  subtasksOf,
  UNKNOWN_ID,
} from "./fixture.ts";

let database: Database;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

describe("making a subtask by hand", () => {
  it("puts it after the others of its story, of effort M and without description where none is given", async () => {
    const { id: storyId, projectId } = await newStory(database, { acceptanceCriteria: ["a", "b", "c"] });
    const bare = await createSubtask(database, { storyId, title: " Form ", description: null, effort: null });
    expect(bare).toMatchObject({ projectId, storyId, title: "Form", description: "", effort: "M", status: "TODO" });
    expect(bare).toMatchObject({ origin: "MANUAL", position: 0, number: 1, runId: null, editedAt: null });
    expect([bare.acceptanceCriteria, bare.coversCriteria]).toEqual([[], []]);
    const full = await createSubtask(database, {
      storyId,
      title: "Table",
      description: " Rows ",
      effort: "XL",
      acceptanceCriteria: [" It sorts. "],
      coversCriteria: [2, 0, 2],
    });
    expect(full).toMatchObject({ description: "Rows", effort: "XL", acceptanceCriteria: ["It sorts."], position: 1 });
    expect(full.coversCriteria).toEqual([0, 2]);
    expect(await subtasksOf(database, storyId)).toEqual([bare, full]);
  });

  it.each([
    ["an empty title", { title: "\n" }, ["title"], /empty/],
    ["a title of 201 characters", { title: "x".repeat(201) }, ["title"], /this one has 201/],
    ["a description of 20,001", { description: "x".repeat(20_001) }, ["description"], /20,001/],
    ["a criterion with a NUL", { acceptanceCriteria: ["a\0"] }, ["acceptanceCriteria", "0"], /NUL/],
    ["a criterion of the story that does not exist", { coversCriteria: [0, 2] }, ["coversCriteria", "1"], /0 to 1; 2/],
    ["a criterion below 0", { coversCriteria: [-1] }, ["coversCriteria", "0"], /-1 is none/],
    ["more references than anybody has", { coversCriteria: Array(1_001).fill(0) }, ["coversCriteria"], /up to 1,000/],
  ])("refuses %s and leaves nothing behind", async (_, input, path, message) => {
    const { id: storyId } = await newStory(database, { acceptanceCriteria: ["a", "b"] });
    await expect(createSubtask(database, { storyId, title: "x", ...input })).rejects.toMatchObject(
      invalid(path, message),
    );
    expect(await subtasksOf(database, storyId)).toEqual([]);
    expect(await newSubtask(database, { storyId })).toMatchObject({ number: 1 });
  });

  it("says that there is no such story", async () => {
    await expect(createSubtask(database, { storyId: UNKNOWN_ID, title: "x" })).rejects.toMatchObject(
      notFound("Story", UNKNOWN_ID),
    );
  });
});

describe("updating a subtask", () => {
  it("changes what is given, clears what is null and leaves the rest", async () => {
    const { id: storyId } = await newStory(database, { acceptanceCriteria: ["a", "b"] });
    const { id } = await createSubtask(database, {
      storyId,
      title: "A",
      description: "D",
      effort: "L",
      acceptanceCriteria: ["C"],
      coversCriteria: [1],
    });
    const changed = await updateSubtask(database, { id, title: "B", status: "IN_PROGRESS", coversCriteria: [1, 0, 1] });
    expect(changed).toMatchObject({ title: "B", description: "D", effort: "L", status: "IN_PROGRESS" });
    expect([changed.acceptanceCriteria, changed.coversCriteria]).toEqual([["C"], [0, 1]]);
    const cleared = await updateSubtask(database, {
      id,
      description: null,
      acceptanceCriteria: null,
      coversCriteria: null,
    });
    expect(cleared).toMatchObject({ title: "B", description: "", status: "IN_PROGRESS" });
    expect([cleared.acceptanceCriteria, cleared.coversCriteria]).toEqual([[], []]);
    expect(await database.prisma.subtask.findUnique({ where: { id } })).toEqual(cleared);
  });

  it.each([
    { title: "x" },
    { description: "x" },
    { effort: "XS" as const },
    { status: "TODO" as const },
    { acceptanceCriteria: ["x"] },
    { dependsOn: [] },
    { coversCriteria: [] },
  ])("marks it as edited by a person, given %o", async (changes) => {
    const { id } = await newSubtask(database);
    await backdate(database);
    const before = Date.now();
    const edited = await updateSubtask(database, { id, ...changes });
    expect(edited.editedAt!.getTime()).toBeGreaterThanOrEqual(before);
    expect(edited.updatedAt.getTime()).toBeGreaterThanOrEqual(before);
  });

  it("is none where no field is given", async () => {
    const { id } = await newSubtask(database);
    await backdate(database);
    expect(await updateSubtask(database, { id })).toMatchObject({ editedAt: null, updatedAt: LONG_AGO });
  });

  it.each(["title", "effort", "status"])("cannot clear the %s", async (field) => {
    const { id } = await newSubtask(database);
    await expect(updateSubtask(database, { id, [field]: null })).rejects.toMatchObject(
      invalid([field], /cannot be cleared/),
    );
  });

  it("refuses a criterion that the story does not have, and changes nothing", async () => {
    const { id: storyId } = await newStory(database, { acceptanceCriteria: ["a"] });
    const subtask = await newSubtask(database, { storyId, coversCriteria: [0] });
    await expect(
      updateSubtask(database, { id: subtask.id, title: "New", dependsOn: [], coversCriteria: [1] }),
    ).rejects.toMatchObject(invalid(["coversCriteria", "0"], /numbered 0 to 0; 1 is none/));
    expect(await subtasksOf(database, storyId)).toEqual([subtask]);
  });

  it.each([{ title: "x" }, {}])("says that there is none, given %o", async (changes) => {
    await expect(updateSubtask(database, { id: UNKNOWN_ID, ...changes })).rejects.toMatchObject(
      notFound("Subtask", UNKNOWN_ID),
    );
  });
});

describe("deleting a subtask", () => {
  it("closes the gap, which is no edit of the others, and drops what depended on it", async () => {
    const { id: storyId } = await newStory(database);
    const [first, second] = await several(2, () => newSubtask(database, { storyId }));
    await newSubtask(database, { storyId, dependsOn: [first!.id, second!.id] });
    await backdate(database);
    expect((await deleteSubtask(database, { id: first!.id })).id).toBe(first!.id);
    const left = await subtasksOf(database, storyId);
    expect(left.map(({ number, position, updatedAt }) => ({ number, position, updatedAt }))).toEqual([
      { number: 2, position: 0, updatedAt: LONG_AGO },
      { number: 3, position: 1, updatedAt: LONG_AGO },
    ]);
    expect(await database.prisma.subtaskDependency.findMany({ where: { storyId } })).toMatchObject([
      { dependsOnId: second!.id },
    ]);
  });

  it("says that there is none", async () => {
    await expect(deleteSubtask(database, { id: UNKNOWN_ID })).rejects.toMatchObject(notFound("Subtask", UNKNOWN_ID));
  });
});
