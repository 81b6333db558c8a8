import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStory, deleteStory, updateStory } from "../../src/backlog/stories.ts";
import type { Database } from "../../src/database/database.ts";
import { createTestDatabase } from "../support/database.ts";
import {
  backdate,
  invalid,
  LONG_AGO,
  newEpic,
  newStory,
  newSubtask,
  noRuns,
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

describe("making a story", () => {
  it("puts it after the others of its epic, texts trimmed, with nothing where nothing was given", async () => {
    const { id: epicId, projectId } = await newEpic(database);
    const bare = await createStory(database, { epicId, title: " Add campers " });
    expect(bare).toMatchObject({ projectId, epicId, title: "Add campers", position: 0, number: 1 });
    expect(bare).toMatchObject({ persona: null, narrative: null, description: null, priority: null, effort: null });
    expect(bare.acceptanceCriteria).toEqual([]);
    const full = await createStory(database, {
      epicId,
      title: "Remove campers",
      persona: " camp administrator ",
      narrative: " As a … ",
      description: " More ",
      acceptanceCriteria: [" It asks first. ", "It can be undone."],
      priority: "MUST",
      effort: "XL",
    });
    expect(full).toMatchObject({
      persona: "camp administrator",
      narrative: "As a …",
      description: "More",
      acceptanceCriteria: ["It asks first.", "It can be undone."],
      priority: "MUST",
      effort: "XL",
      position: 1,
      number: 2,
    });
    expect(await storiesOf(database, epicId)).toEqual([bare, full]);
  });

  it.each([
    ["an empty title", { title: " " }, ["title"], /empty/],
    ["a title of 201 characters", { title: "x".repeat(201) }, ["title"], /up to 200 characters; this one has 201/],
    ["a narrative of 5,001", { narrative: "x".repeat(5_001) }, ["narrative"], /up to 5,000 characters/],
    ["a description of 20,001", { description: "x".repeat(20_001) }, ["description"], /up to 20,000 characters/],
    ["a persona with a NUL", { persona: "\0" }, ["persona"], /NUL/],
    ["a broken emoji", { narrative: "\uDFD5" }, ["narrative"], /surrogate/],
    ["51 criteria", { acceptanceCriteria: Array(51).fill("x") }, ["acceptanceCriteria"], /up to 50 .* these are 51/],
    ["100,000 empty criteria", { acceptanceCriteria: Array(100_000).fill("") }, ["acceptanceCriteria"], /100,000/],
    ["an empty criterion", { acceptanceCriteria: ["x", " "] }, ["acceptanceCriteria", "1"], /empty/],
    [
      "a long one",
      { acceptanceCriteria: ["x", "x", "x".repeat(1_001)] },
      ["acceptanceCriteria", "2"],
      /1,000 .* 1,001/,
    ],
  ])("refuses %s", async (_, input, path, message) => {
    const { id: epicId } = await newEpic(database);
    await expect(createStory(database, { epicId, title: "x", ...input })).rejects.toMatchObject(invalid(path, message));
    expect(await storiesOf(database, epicId)).toEqual([]);
  });

  it("takes texts and lists as long as they may be", async () => {
    const acceptanceCriteria = Array.from({ length: 50 }, () => "x".repeat(1_000));
    const texts = { narrative: "x".repeat(5_000), description: "x".repeat(20_000), persona: "x".repeat(20_000) };
    expect(await newStory(database, { title: "x".repeat(200), acceptanceCriteria, ...texts })).toMatchObject(texts);
  });

  it("says that there is no such epic", async () => {
    await expect(createStory(database, { epicId: UNKNOWN_ID, title: "x" })).rejects.toMatchObject(
      notFound("Epic", UNKNOWN_ID),
    );
  });
});

describe("updating a story", () => {
  it("changes what is given, clears what is null and leaves the rest", async () => {
    const { id } = await newStory(database, {
      title: "A",
      persona: "P",
      narrative: "N",
      description: "D",
      acceptanceCriteria: ["C"],
      priority: "WONT",
      effort: "S",
    });
    const changed = await updateStory(database, { id, title: "B", priority: "MUST" });
    expect(changed).toMatchObject({
      title: "B",
      persona: "P",
      acceptanceCriteria: ["C"],
      priority: "MUST",
      effort: "S",
    });
    const cleared = await updateStory(database, {
      id,
      persona: null,
      narrative: null,
      description: " ",
      acceptanceCriteria: null,
      priority: null,
      effort: null,
    });
    expect(cleared).toMatchObject({ title: "B", persona: null, narrative: null, description: null });
    expect(cleared).toMatchObject({ acceptanceCriteria: [], priority: null, effort: null });
  });

  it("is an edit only where a field is given", async () => {
    const { id } = await newStory(database);
    await backdate(database);
    expect((await updateStory(database, { id })).updatedAt).toEqual(LONG_AGO);
    expect((await updateStory(database, { id, effort: "M" })).updatedAt).not.toEqual(LONG_AGO);
  });

  it("cannot clear the title", async () => {
    const { id } = await newStory(database);
    await expect(updateStory(database, { id, title: null })).rejects.toMatchObject(invalid(["title"], /cleared/));
  });

  it.each([{ title: "x" }, { acceptanceCriteria: ["x"] }, {}])("says that there is none, given %o", async (changes) => {
    await expect(updateStory(database, { id: UNKNOWN_ID, ...changes })).rejects.toMatchObject(
      notFound("Story", UNKNOWN_ID),
    );
  });
});

describe("editing the criteria of a story", () => {
  it("lets what its subtasks cover follow the texts, which is no edit of theirs", async () => {
    const story = await newStory(database, { acceptanceCriteria: ["a", "b", "c"] });
    const covers = [[0], [1], [0, 2], [], [0, 1, 2]];
    for (const coversCriteria of covers) await newSubtask(database, { storyId: story.id, coversCriteria });
    const elsewhere = await newStory(database, { epicId: story.epicId, acceptanceCriteria: ["a", "b", "c"] });
    await newSubtask(database, { storyId: elsewhere.id, coversCriteria: [0, 1, 2] });
    await backdate(database);

    const edited = await updateStory(database, { id: story.id, acceptanceCriteria: ["c", "new", " a "] });
    expect(edited.acceptanceCriteria).toEqual(["c", "new", "a"]);
    const subtasks = await subtasksOf(database, story.id);
    expect(subtasks.map((subtask) => subtask.coversCriteria)).toEqual([[2], [], [0, 2], [], [0, 2]]);
    expect(subtasks.every((subtask) => subtask.updatedAt.getTime() === LONG_AGO.getTime())).toBe(true);
    expect(subtasks.every((subtask) => subtask.editedAt === null)).toBe(true);
    expect((await subtasksOf(database, elsewhere.id))[0]?.coversCriteria).toEqual([0, 1, 2]);

    await updateStory(database, { id: story.id, acceptanceCriteria: null });
    expect((await subtasksOf(database, story.id)).every((subtask) => subtask.coversCriteria.length === 0)).toBe(true);
  });

  it("counts a criterion once where two of the same text become one", async () => {
    const story = await newStory(database, { acceptanceCriteria: ["a", "b", "a"] });
    await newSubtask(database, { storyId: story.id, coversCriteria: [0, 1, 2] });
    await updateStory(database, { id: story.id, acceptanceCriteria: ["b", "a"] });
    expect((await subtasksOf(database, story.id))[0]?.coversCriteria).toEqual([0, 1]);
  });

  it("takes a text that differs in one letter for another one", async () => {
    const story = await newStory(database, { acceptanceCriteria: ["It asks first"] });
    await newSubtask(database, { storyId: story.id, coversCriteria: [0] });
    await updateStory(database, { id: story.id, acceptanceCriteria: ["it asks first"] });
    expect((await subtasksOf(database, story.id))[0]?.coversCriteria).toEqual([]);
  });

  it("changes no coverage where other fields are edited", async () => {
    const story = await newStory(database, { acceptanceCriteria: ["a", "b"] });
    await newSubtask(database, { storyId: story.id, coversCriteria: [1] });
    await updateStory(database, { id: story.id, title: "Other" });
    expect((await subtasksOf(database, story.id))[0]?.coversCriteria).toEqual([1]);
  });
});

describe("deleting a story", () => {
  it("takes its subtasks along and closes the gap, which is no edit of the others", async () => {
    const { id: epicId } = await newEpic(database);
    const stories = await several(3, () => newStory(database, { epicId }));
    await newSubtask(database, { storyId: stories[0]!.id });
    await backdate(database);
    const deleted = await deleteStory(database, { id: stories[0]!.id }, noRuns);
    expect(deleted.id).toBe(stories[0]!.id);
    const left = await storiesOf(database, epicId);
    expect(left.map(({ id, position, updatedAt }) => ({ id, position, updatedAt }))).toEqual([
      { id: stories[1]!.id, position: 0, updatedAt: LONG_AGO },
      { id: stories[2]!.id, position: 1, updatedAt: LONG_AGO },
    ]);
    expect(await subtasksOf(database, deleted.id)).toEqual([]);
  });

  it("says that there is none", async () => {
    await expect(deleteStory(database, { id: UNKNOWN_ID }, noRuns)).rejects.toMatchObject(
      notFound("Story", UNKNOWN_ID),
    );
  });
});
