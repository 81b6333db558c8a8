import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createProject, deleteProject, updateProject } from "../../src/backlog/projects.ts";
import type { Database } from "../../src/database/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { backdate, invalid, LONG_AGO, newSubtask, noRuns, notFound, UNKNOWN_ID } from "./fixture.ts";

let database: Database;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

describe("making a project", () => {
  it("gives the whole row, texts trimmed", async () => {
    const project = await createProject(database, {
      name: "  Camp ",
      description: " For \n camps ",
      context: " Rails ",
    });
    expect(project).toMatchObject({ name: "Camp", description: "For \n camps", context: "Rails", lastEpicNumber: 0 });
    expect(await database.prisma.project.findUnique({ where: { id: project.id } })).toEqual(project);
  });

  it("takes an optional text that is empty after trimming for none", async () => {
    expect(await createProject(database, { name: "Camp", description: " \n", context: null })).toMatchObject({
      description: null,
      context: null,
    });
  });

  it.each([
    ["empty", "", "The name must not be empty."],
    ["empty after trimming", " \t\n\uFEFF", "The name must not be empty."],
    ["too long", "x".repeat(201), "The name may have up to 200 characters; this one has 201. Shorten it."],
    ["far too long", "x".repeat(100_000), /up to 200 characters; this one has 100,000/],
    ["with a NUL", "Ca\0mp", /NUL character/],
    ["with half of a surrogate pair", "Camp \uD83C", /half of a surrogate pair/],
  ])("refuses a name that is %s", async (_, name, message) => {
    await expect(createProject(database, { name })).rejects.toMatchObject(invalid(["name"], message));
  });

  it("takes a name of 200 characters, counted after trimming and as people count", async () => {
    const name = "🏕".repeat(200);
    expect((await createProject(database, { name: ` ${name} ` })).name).toBe(name);
  });

  it("names everything that is wrong at once", async () => {
    const input = { name: "", description: "x".repeat(20_001), context: "\0" };
    await expect(createProject(database, input)).rejects.toMatchObject({
      issues: [
        { path: ["name"] },
        { path: ["description"], message: expect.stringContaining("20,001") },
        { path: ["context"] },
      ],
    });
    expect(await createProject(database, { name: "x", context: "x".repeat(20_000) })).toBeDefined();
  });
});

describe("updating a project", () => {
  it("changes what is given, clears what is null and leaves the rest", async () => {
    const { id } = await createProject(database, { name: "Camp", description: "About", context: "Rails" });
    const renamed = await updateProject(database, { id, name: " Camp 2 " });
    expect(renamed).toMatchObject({ name: "Camp 2", description: "About", context: "Rails" });
    const cleared = await updateProject(database, { id, description: null, context: " " });
    expect(cleared).toMatchObject({ name: "Camp 2", description: null, context: null });
    expect(await database.prisma.project.findUnique({ where: { id } })).toEqual(cleared);
  });

  it("is an edit only where a field is given", async () => {
    const { id } = await createProject(database, { name: "Camp" });
    await backdate(database);
    expect((await updateProject(database, { id })).updatedAt).toEqual(LONG_AGO);
    expect((await updateProject(database, { id, context: "Rails" })).updatedAt.getTime()).toBeGreaterThan(
      LONG_AGO.getTime(),
    );
  });

  it("cannot clear the name", async () => {
    const { id } = await createProject(database, { name: "Camp" });
    await expect(updateProject(database, { id, name: null })).rejects.toMatchObject(
      invalid(["name"], "The name cannot be cleared. Leave it out to keep it as it is."),
    );
    await expect(updateProject(database, { id, name: " " })).rejects.toMatchObject(invalid(["name"], /not be empty/));
  });

  it("says that there is none", async () => {
    const missing = notFound("Project", UNKNOWN_ID);
    await expect(updateProject(database, { id: UNKNOWN_ID, name: "Camp" })).rejects.toMatchObject(missing);
    await expect(updateProject(database, { id: UNKNOWN_ID })).rejects.toMatchObject(missing);
  });
});

describe("deleting a project", () => {
  it("takes everything in it along and nothing else", async () => {
    const [going, staying] = [await newSubtask(database), await newSubtask(database)];
    const project = await deleteProject(database, { id: going.projectId }, noRuns);
    expect(project.id).toBe(going.projectId);
    expect(await database.prisma.subtask.count({ where: { projectId: going.projectId } })).toBe(0);
    expect(await database.prisma.story.count({ where: { projectId: going.projectId } })).toBe(0);
    expect(await database.prisma.subtask.count({ where: { projectId: staying.projectId } })).toBe(1);
  });

  it("says that there is none", async () => {
    await expect(deleteProject(database, { id: UNKNOWN_ID }, noRuns)).rejects.toMatchObject(
      notFound("Project", UNKNOWN_ID),
    );
  });
});
