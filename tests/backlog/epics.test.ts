import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEpic, deleteEpic, moveEpic, updateEpic } from "../../src/backlog/epics.ts";
import type { Database } from "../../src/database/database.ts";
import { createTestDatabase } from "../support/database.ts";
import {
  backdate,
  epicsOf,
  invalid,
  LONG_AGO,
  newEpic,
  newProject,
  newStory,
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

/** A project with epics E1 to E4. */
async function fourEpics() {
  const projectId = await newProject(database);
  const epics = await several(4, () => newEpic(database, projectId));
  await backdate(database);
  return { projectId, ids: epics.map((epic) => epic.id) };
}

/** Their codes in order, and the proof that positions are dense and that nothing counts as edited. */
async function order(projectId: string): Promise<string> {
  const epics = await epicsOf(database, projectId);
  expect(epics.map((epic) => epic.position)).toEqual(epics.map((_, index) => index));
  expect(epics.every((epic) => epic.updatedAt.getTime() === LONG_AGO.getTime())).toBe(true);
  return epics.map((epic) => `E${epic.number}`).join(" ");
}

describe("making an epic", () => {
  it("puts it after the others", async () => {
    const projectId = await newProject(database);
    const first = await createEpic(database, { projectId, title: " Groups ", description: " " });
    const second = await createEpic(database, { projectId, title: "Forms", description: " Consent " });
    expect(first).toMatchObject({ projectId, title: "Groups", description: null, position: 0, number: 1 });
    expect(second).toMatchObject({ title: "Forms", description: "Consent", position: 1, number: 2 });
    expect(await epicsOf(database, projectId)).toEqual([first, second]);
  });

  it("refuses bad texts", async () => {
    const projectId = await newProject(database);
    await expect(createEpic(database, { projectId, title: "" })).rejects.toMatchObject(invalid(["title"], /empty/));
    await expect(createEpic(database, { projectId, title: "x".repeat(201) })).rejects.toMatchObject(
      invalid(["title"], /up to 200 characters; this one has 201/),
    );
    await expect(
      createEpic(database, { projectId, title: "x", description: "x".repeat(20_001) }),
    ).rejects.toMatchObject(invalid(["description"], /20,000/));
  });

  it("says that there is no such project", async () => {
    await expect(createEpic(database, { projectId: UNKNOWN_ID, title: "x" })).rejects.toMatchObject(
      notFound("Project", UNKNOWN_ID),
    );
  });
});

describe("updating an epic", () => {
  it("changes what is given, clears what is null and leaves the rest", async () => {
    const { id } = await createEpic(database, { projectId: await newProject(database), title: "A", description: "B" });
    expect(await updateEpic(database, { id, title: "C" })).toMatchObject({ title: "C", description: "B" });
    expect(await updateEpic(database, { id, description: null })).toMatchObject({ title: "C", description: null });
    await backdate(database);
    expect(await updateEpic(database, { id })).toMatchObject({ title: "C", updatedAt: LONG_AGO });
  });

  it("cannot clear the title", async () => {
    const { id } = await newEpic(database);
    await expect(updateEpic(database, { id, title: null })).rejects.toMatchObject(invalid(["title"], /cleared/));
  });

  it("says that there is none", async () => {
    await expect(updateEpic(database, { id: UNKNOWN_ID, title: "x" })).rejects.toMatchObject(
      notFound("Epic", UNKNOWN_ID),
    );
  });
});

describe("moving an epic", () => {
  it.each([
    ["down", 0, 2, "E2 E3 E1 E4"],
    ["up", 3, 1, "E1 E4 E2 E3"],
    ["to the start", 2, 0, "E3 E1 E2 E4"],
    ["to the end", 1, 3, "E1 E3 E4 E2"],
    ["past the end, which is the end", 1, 2_000_000_000, "E1 E3 E4 E2"],
    ["to where it is", 1, 1, "E1 E2 E3 E4"],
  ])("%s shifts those between, and is no edit", async (_, from, to, expected) => {
    const { projectId, ids } = await fourEpics();
    const moved = await moveEpic(database, { id: ids[from]!, position: to });
    expect(await order(projectId)).toBe(expected);
    expect(await database.prisma.epic.findUnique({ where: { id: moved.id } })).toEqual(moved);
  });

  it("leaves other projects alone", async () => {
    const [one, other] = [await fourEpics(), await fourEpics()];
    await moveEpic(database, { id: one.ids[0]!, position: 3 });
    expect(await order(other.projectId)).toBe("E1 E2 E3 E4");
  });

  it("refuses a position below 0", async () => {
    const { id } = await newEpic(database);
    await expect(moveEpic(database, { id, position: -1 })).rejects.toMatchObject(
      invalid(["position"], "Positions count from 0; -1 is none."),
    );
  });

  it("says that there is none", async () => {
    await expect(moveEpic(database, { id: UNKNOWN_ID, position: 0 })).rejects.toMatchObject(
      notFound("Epic", UNKNOWN_ID),
    );
  });
});

describe("deleting an epic", () => {
  it("takes its stories along and closes the gap", async () => {
    const { projectId, ids } = await fourEpics();
    await newStory(database, { epicId: ids[1] });
    await backdate(database);
    const deleted = await deleteEpic(database, { id: ids[1]! }, noRuns);
    expect(deleted.id).toBe(ids[1]);
    expect(await order(projectId)).toBe("E1 E3 E4");
    expect(await database.prisma.story.count({ where: { projectId } })).toBe(0);
  });

  it("says that there is none", async () => {
    await expect(deleteEpic(database, { id: UNKNOWN_ID }, noRuns)).rejects.toMatchObject(notFound("Epic", UNKNOWN_ID));
  });
});
