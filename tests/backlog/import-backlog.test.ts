import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importBacklog } from "../../src/backlog/import-backlog.ts";
import { deleteStory } from "../../src/backlog/stories.ts";
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
  storiesOf,
  UNKNOWN_ID,
} from "./fixture.ts";

let database: Database;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

/** Imports into a new project. */
async function importText(content: string) {
  return importBacklog(database, { projectId: await newProject(database), format: "TEXT", content });
}

describe("an import", () => {
  it("makes one story a line, in order, in an epic of its own", async () => {
    const projectId = await newProject(database);
    await newEpic(database, projectId);
    const content = "As a user, I want to log in, so that I am known.\nAs a user I want to log out\n";
    const { epics, stories, warnings } = await importBacklog(database, {
      projectId,
      epicTitle: " Sessions ",
      format: "TEXT",
      content,
    });
    expect(warnings).toEqual([]);
    expect(epics).toMatchObject([{ projectId, title: "Sessions", description: null, number: 2, position: 1 }]);
    expect(stories).toMatchObject([
      { title: "Log in", persona: "user", narrative: content.split("\n")[0], number: 1, position: 0 },
      { title: "Log out", persona: "user", narrative: content.split("\n")[1], number: 2, position: 1 },
    ]);
    expect((await epicsOf(database, projectId))[1]).toEqual(epics[0]);
    expect(await storiesOf(database, epics[0]!.id)).toEqual(stories);
  });

  it.each([undefined, null, " "])(
    "calls that epic “Imported stories” where no title is given: %o",
    async (epicTitle) => {
      const projectId = await newProject(database);
      const { epics } = await importBacklog(database, {
        projectId,
        epicId: null,
        epicTitle,
        format: "TEXT",
        content: "x",
      });
      expect(epics[0]?.title).toBe("Imported stories");
    },
  );

  it("adds to an epic that is named, after its stories, with codes that were never used, whatever title is given", async () => {
    const epic = await newEpic(database);
    const gone = await newStory(database, { epicId: epic.id });
    await newStory(database, { epicId: epic.id });
    await deleteStory(database, { id: gone.id }, noRuns);
    await backdate(database);
    const { epics, stories } = await importBacklog(database, {
      projectId: epic.projectId,
      epicId: epic.id,
      epicTitle: "Not used",
      format: "TEXT",
      content: "One\nTwo",
    });
    expect(epics).toEqual([{ ...epic, updatedAt: LONG_AGO }]);
    expect(stories).toMatchObject([
      { title: "One", number: 3, position: 1 },
      { title: "Two", number: 4, position: 2 },
    ]);
    expect((await storiesOf(database, epic.id)).map((story) => story.number)).toEqual([2, 3, 4]);
    expect(await epicsOf(database, epic.projectId)).toEqual(epics);
    expect(await database.prisma.project.findUnique({ where: { id: epic.projectId } })).toMatchObject({
      updatedAt: LONG_AGO,
    });
  });

  it("passes over byte-order marks, any line ends and empty lines, and counts lines as they were sent", async () => {
    const content = "\uFEFF\r\n\uFEFFOne\r\n \t\r\nTwo\rThree\n\nAs a user I want four \u2028Five";
    const { stories, warnings } = await importText(content);
    expect(stories.map((story) => story.title)).toEqual(["One", "Two", "Three", "Four", "Five"]);
    expect(stories[3]?.narrative).toBe("As a user I want four");
    expect(warnings.map((warning) => warning.line)).toEqual([2, 4, 5, 8]);
  });

  it("warns of a line that is no “As a …”", async () => {
    const { warnings } = await importText("As a user I want to log in\n\nLog out");
    expect(warnings).toEqual([{ line: 3, message: expect.stringMatching(/not of the form “As a … I want …”.*title/) }]);
  });

  it("keeps lines that say the same, with a warning", async () => {
    const line = "As a user I want to log in";
    const { stories, warnings } = await importText(
      `${line}\nOther\n ${line.toUpperCase()} \n${line.replace(" ", "  ")}`,
    );
    expect(stories).toHaveLength(4);
    const same = { message: "This line says the same as line 1; both have become stories." };
    expect(warnings).toMatchObject([{ line: 2 }, { line: 3, ...same }, { line: 4, ...same }]);
  });

  it("takes 5,000 lines in about a second", async () => {
    const content = Array.from({ length: 5_000 }, (_, n) => `As a user, I want to do thing ${n}, so that it is done`);
    const started = performance.now();
    const { epics, stories } = await importText(content.join("\n"));
    // Measured 0.2 s; an import line by line takes many times the limit here.
    expect(performance.now() - started).toBeLessThan(3_000);
    expect(stories.map((story) => story.number)).toEqual(content.map((_, n) => n + 1));
    expect((await storiesOf(database, epics[0]!.id)).map((story) => story.title)).toEqual(
      content.map((_, n) => `Do thing ${n}`),
    );
  });
});

describe("an import that cannot be", () => {
  it.each([
    ["without a line of text", " \n\uFEFF\r\n\t", /no line of text, so there is no story in it/],
    ["that is empty", "", /no line of text/],
    [
      "of 5 MB",
      "x".repeat(5_000_000),
      "The content may have up to 2,000,000 characters; this one has 5,000,000. Import it in parts.",
    ],
    ["of more lines than one import brings", "x\n".repeat(50_001), /up to 50,000 lines of text; this one has 50,001/],
    ["with a NUL", "One\n\nTw\0o", /^Line 3 holds a NUL/],
    ["with half of a surrogate pair", "One\nTwo \uD83C", /^Line 2 holds half/],
    [
      "with a line of 5,001 characters",
      "One\r\n" + "x".repeat(5_001),
      /^Line 2 may have up to 5,000 characters; this one has 5,001/,
    ],
  ])("refuses content %s, and makes nothing", async (_, content, message) => {
    const projectId = await newProject(database);
    const started = performance.now();
    await expect(importBacklog(database, { projectId, format: "TEXT", content })).rejects.toMatchObject(
      invalid(["content"], message),
    );
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(await epicsOf(database, projectId)).toEqual([]);
  });

  it("names every bad line, up to twenty", async () => {
    await expect(importText("a\0\nfine\nb\0")).rejects.toMatchObject({
      issues: [{ message: expect.stringMatching(/^Line 1 /) }, { message: expect.stringMatching(/^Line 3 /) }],
    });
    const issues = await importText("\0\n".repeat(1_000)).catch((error) => error.issues);
    expect(issues).toHaveLength(21);
    expect(issues[20].message).toBe("980 more lines have problems like these.");
  });

  it("takes 2,000,000 characters, counted without the white space around them", async () => {
    const content = `${"x".repeat(4_999)}\n`.repeat(400);
    expect((await importText(`\n\n${content}`)).stories).toHaveLength(400);
  });

  it("refuses a bad title of the epic", async () => {
    const projectId = await newProject(database);
    const input = { projectId, epicTitle: "x".repeat(201), format: "TEXT" as const, content: "x" };
    await expect(importBacklog(database, input)).rejects.toMatchObject(invalid(["epicTitle"], /up to 200/));
  });

  it("says that there is no such project, or no such epic in it", async () => {
    const input = { format: "TEXT" as const, content: "x" };
    await expect(importBacklog(database, { ...input, projectId: UNKNOWN_ID })).rejects.toMatchObject(
      notFound("Project", UNKNOWN_ID),
    );
    const epic = await newEpic(database);
    await expect(importBacklog(database, { ...input, projectId: UNKNOWN_ID, epicId: epic.id })).rejects.toMatchObject(
      notFound("Project", UNKNOWN_ID),
    );
    const projectId = await newProject(database);
    await expect(importBacklog(database, { ...input, projectId, epicId: epic.id })).rejects.toMatchObject(
      notFound("Epic", epic.id),
    );
    await expect(importBacklog(database, { ...input, projectId, epicId: UNKNOWN_ID })).rejects.toMatchObject(
      notFound("Epic", UNKNOWN_ID),
    );
  });
});
