import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../support/app.ts";
import type { Backlog } from "../support/client.ts";
import { CreateEpic, RetryRun, StartRun } from "../support/operations.ts";
import { createScriptedGenerator } from "../support/scripted-generator.ts";

const generator = createScriptedGenerator();
let app: TestApp;
let mine: Backlog;
let foreign: Backlog;
let emptyEpicId: string;
let finishedRunId: string;
beforeAll(async () => {
  app = await startTestApp({ generator });
  mine = await app.backlog(["One", "Two"]);
  foreign = await app.backlog(["Theirs"]);
  const made = await app.send(CreateEpic, { input: { projectId: mine.projectId, title: "Empty" } });
  if (made.createEpic.__typename !== "CreateEpicPayload") throw new Error(made.createEpic.message);
  emptyEpicId = made.createEpic.epic.id;
  finishedRunId = await app.start(foreign.epicId);
  await app.history(finishedRunId);
});
afterAll(() => app.close());

/** Everything that a start could leave behind. */
const leftBehind = () =>
  app.sql(`SELECT (SELECT count(*) FROM "Run") AS runs, (SELECT count(*) FROM "RunItem") AS items,
    (SELECT count(*) FROM "RunEvent") AS events, (SELECT count(*) FROM "Subtask") AS subtasks,
    (SELECT count(*) FROM pgboss.job) AS jobs`);

let before: unknown;
beforeEach(async () => {
  before = await leftBehind();
});
afterEach(() => expectNothingDone());

async function expectNothingDone(): Promise<void> {
  expect(await leftBehind()).toEqual(before);
  expect(app.complaints).toEqual([]);
}

const globalId = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString("base64url");
const UNKNOWN = "01900000-0000-7000-8000-000000000000";

type Input = Record<string, unknown>;

async function start(input: Input) {
  return (await app.send(StartRun, { input })).startGenerateSubtasks;
}

describe("a start that cannot be", () => {
  const wrong = (type: string): [string, string][] => [
    ["empty", ""],
    ["words", "the first one"],
    ["a bare UUID", UNKNOWN],
    ["a UUID that is none", globalId(type, "not-a-uuid")],
    ["NUL inside", globalId(type, `${UNKNOWN}\0`)],
    ["SQL", globalId(type, "' OR 1=1 --")],
    ["very long", "A".repeat(10_000)],
    ["of an unknown type", globalId("Planet", UNKNOWN)],
    ["of nothing", globalId(type, UNKNOWN)],
  ];

  it.each(wrong("Epic"))("is NotFoundError where the epic's id is %s", async (_name, epicId) => {
    expect(await start({ epicId })).toMatchObject({ __typename: "NotFoundError", id: epicId });
  });

  it.each(wrong("Story"))("is NotFoundError where a story's id is %s", async (_name, id) => {
    const storyIds = [mine.storyIds[0], id];
    expect(await start({ epicId: mine.epicId, storyIds })).toMatchObject({ __typename: "NotFoundError", id });
  });

  it("is NotFoundError where an id is of another type", async () => {
    for (const epicId of [mine.projectId, mine.storyIds[0], finishedRunId])
      expect(await start({ epicId })).toMatchObject({ __typename: "NotFoundError", id: epicId });
    for (const id of [mine.projectId, mine.epicId, finishedRunId]) {
      const storyIds = [mine.storyIds[0], id];
      expect(await start({ epicId: mine.epicId, storyIds })).toMatchObject({ __typename: "NotFoundError", id });
    }
  });

  it("is NotFoundError, with its id, where a story is of another epic", async () => {
    const [id] = foreign.storyIds;
    const answer = await start({ epicId: mine.epicId, storyIds: [...mine.storyIds, id] });
    expect(answer).toMatchObject({ __typename: "NotFoundError", id });
    expect(answer).toHaveProperty("message", expect.stringContaining("There is no story with this id in this epic."));
  });

  it("is InvalidInputError where the epic is not named", async () => {
    for (const input of [{}, { epicId: null }, { storyIds: mine.storyIds }])
      expect(await start(input)).toMatchObject({ __typename: "InvalidInputError", issues: [{ path: ["epicId"] }] });
  });

  it("is InvalidInputError where a story is named twice", async () => {
    const [one, two] = mine.storyIds;
    const answer = await start({ epicId: mine.epicId, storyIds: [one, two, one] });
    expect(answer).toMatchObject({ __typename: "InvalidInputError", issues: [{ path: ["storyIds", "2"] }] });
  });

  it("is NothingToDoError where no story is named, or the epic has none", async () => {
    expect(await start({ epicId: mine.epicId, storyIds: [] })).toMatchObject({ __typename: "NothingToDoError" });
    expect(await start({ epicId: emptyEpicId })).toMatchObject({ __typename: "NothingToDoError" });
  });

  it.each([
    ["is empty", ""],
    ["has nothing but white space", " \n "],
    ["has NUL in it", "a\0b"],
    ["has half a surrogate pair in it", "a\ud800b"],
    ["has 201 characters", "k".repeat(201)],
    ["has 201 emoji", "🔑".repeat(201)],
    ["has a million characters", "k".repeat(1_000_000)],
  ])("is InvalidInputError where its key %s", async (_name, idempotencyKey) => {
    const answer = await start({ epicId: mine.epicId, idempotencyKey });
    expect(answer).toMatchObject({ __typename: "InvalidInputError", issues: [{ path: ["idempotencyKey"] }] });
  });

  it.each([
    ["unknown", () => globalId("Story", randomUUID()), "NotFoundError"],
    ["malformed", () => "nonsense", "NotFoundError"],
    ["the same", () => mine.storyIds[0], "InvalidInputError"],
  ])("is answered quickly where ten thousand ids are %s", async (_name, id, error) => {
    const storyIds = Array.from({ length: 10_000 }, id);
    const began = performance.now();
    expect((await start({ epicId: mine.epicId, storyIds })).__typename).toBe(error);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it.each([
    ["an option that is none", { options: { mode: "HUGE" } }],
    ["a list that is none", { storyIds: { first: 1 } }],
    ["a field that is none", { epic: 1 }],
    ["a number for a key", { idempotencyKey: 12 }],
  ])("is a top-level error that says what is wrong where it has %s", async (_name, input) => {
    await expect(start({ epicId: mine.epicId, ...input })).rejects.toThrow(/\$input/);
  });
});

describe("a cancel that cannot be", () => {
  it("is RunNotActiveError, with the run as it ended, both times of two at once", async () => {
    const answers = await Promise.all([app.cancel(finishedRunId), app.cancel(finishedRunId)]);
    const ended = { __typename: "RunNotActiveError", run: { id: finishedRunId, status: "SUCCEEDED" } };
    expect(answers).toMatchObject([ended, ended]);
  });

  it.each([
    ["is malformed", "nonsense"],
    ["is of another type", globalId("Epic", UNKNOWN)],
    ["is of nothing", globalId("Run", UNKNOWN)],
  ])("is NotFoundError where the id %s", async (_name, id) => {
    expect(await app.cancel(id)).toMatchObject({ __typename: "NotFoundError", id });
  });
});

describe("a retry that cannot be", () => {
  const retry = async (input: { runId: string; idempotencyKey?: string }) =>
    (await app.send(RetryRun, { input })).retryRun;

  it("is NothingToDoError where everything was done", async () => {
    expect(await retry({ runId: finishedRunId })).toMatchObject({ __typename: "NothingToDoError" });
  });

  it("is NotFoundError where there is no such run", async () => {
    for (const runId of ["nonsense", mine.epicId, globalId("Run", UNKNOWN)])
      expect(await retry({ runId })).toMatchObject({ __typename: "NotFoundError" });
  });

  it("is InvalidInputError where the key is none", async () => {
    for (const idempotencyKey of ["", "a\0", "k".repeat(201)])
      expect(await retry({ runId: finishedRunId, idempotencyKey })).toMatchObject({ __typename: "InvalidInputError" });
  });
});
