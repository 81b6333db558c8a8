import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { startTestApp, type TestApp } from "../support/app.ts";
import { rowId } from "../support/client.ts";
import { createGate, type Gate } from "../support/gate.ts";
import { DeleteEpic, RetryRun, StartRun, StartStories } from "../support/operations.ts";
import { createScriptedGenerator, subtasksFor } from "../support/scripted-generator.ts";

const generator = createScriptedGenerator();
let app: TestApp;
let gate: Gate;
beforeAll(async () => {
  app = await startTestApp({ generator });
});
afterAll(() => app.close());
beforeEach(() => {
  gate = createGate();
  const { pass } = gate;
  generator.script(async ({ story, signal }) => {
    await pass(signal);
    return subtasksFor(story.title);
  });
});

interface Input {
  epicId: string;
  storyIds?: string[] | null;
  options?: { pacing?: "ADAPTIVE"; mode?: "STANDARD" | "COMPACT" | null };
  idempotencyKey: string;
}

/** The id of the run that a start gave, or the name of the error. */
async function start(input: Input): Promise<string> {
  const { startGenerateSubtasks: answer } = await app.send(StartRun, { input });
  return answer.__typename === "StartGenerateSubtasksPayload" ? answer.run.id : answer.__typename;
}

async function retry(runId: string, idempotencyKey: string): Promise<string> {
  const { retryRun: answer } = await app.send(RetryRun, { input: { runId, idempotencyKey } });
  return answer.__typename === "RetryRunPayload" ? answer.run.id : answer.__typename;
}

describe("an idempotency key", () => {
  it("gives the same run for the same input, also when it has ended", async () => {
    const { epicId } = await app.backlog(["One"]);
    const input = { epicId, idempotencyKey: "again", options: { pacing: "ADAPTIVE" } } as const;
    const first = await start(input);
    expect(await start(input)).toBe(first);
    gate.open();
    await app.history(first);
    expect(await start(input)).toBe(first);
    expect((await app.readRun(first)).status).toBe("SUCCEEDED");
  });

  it("gives the same payload as the first time though stories have come and gone since", async () => {
    const { epicId, storyIds } = await app.backlog(["One", "Two"]);
    const input = { epicId, storyIds: [...storyIds], idempotencyKey: "k" };
    const first = await start(input);
    await app.sql(
      `DELETE FROM "Story" WHERE title = 'Two' AND "epicId" IN (SELECT "epicId" FROM "Run" WHERE id = $1)`,
      [rowId(first)],
    );
    const { startGenerateSubtasks: again } = await app.send(StartRun, { input });
    expect(again).toMatchObject({ __typename: "StartGenerateSubtasksPayload", storyCount: 2, run: { id: first } });
    await app.cancel(first);
  });

  it("gives the same payload as the first time though the epic has been deleted since", async () => {
    const { epicId, storyIds } = await app.backlog(["One", "Two"]);
    const input = { epicId, storyIds: [...storyIds], idempotencyKey: "gone", options: { mode: "COMPACT" as const } };
    const first = await start(input);
    await app.cancel(first);
    const retried = await retry(first, "gone too");
    await app.cancel(retried);
    await app.send(DeleteEpic, { id: epicId });
    const { startGenerateSubtasks: again } = await app.send(StartRun, {
      input: { ...input, storyIds: storyIds.toReversed() },
    });
    expect(again).toMatchObject({ __typename: "StartGenerateSubtasksPayload", storyCount: 2, run: { id: first } });
    expect(await retry(first, "gone too")).toBe(retried);
    expect(await start({ ...input, storyIds: null })).toBe("IdempotencyConflictError");
    expect(await start({ ...input, idempotencyKey: "unused" })).toBe("NotFoundError");
  });

  it("gives the same run though its model is no longer offered", async () => {
    const claude = { GENERATOR: "anthropic", ANTHROPIC_BASE_URL: "http://127.0.0.1:9", MODEL: "one" };
    // Without a worker: nobody asks a model.
    const before = await startTestApp({ role: "api", env: { ...claude, MODELS: "two" } });
    onTestFinished(() => before.close());
    const now = await startTestApp({ role: "api", env: claude, databaseUrl: before.databaseUrl });
    onTestFinished(() => now.close());
    const { projectId, epicId } = await before.backlog(["One"]);
    const options = { model: "two" };
    const [split, fill] = [
      { epicId, options, idempotencyKey: "split" },
      { projectId, options, idempotencyKey: "fill" },
    ];
    const first = await before.send(StartRun, { input: split });
    expect(first.startGenerateSubtasks.__typename).toBe("StartGenerateSubtasksPayload");
    expect(await now.send(StartRun, { input: split })).toEqual(first);
    const filled = await before.send(StartStories, { input: fill });
    expect(filled.startGenerateStories.__typename).toBe("StartGenerateStoriesPayload");
    expect(await now.send(StartStories, { input: fill })).toEqual(filled);
    const { startGenerateSubtasks: another } = await now.send(StartRun, { input: { epicId, options } });
    expect(another.__typename).toBe("InvalidInputError");
  });

  it("compares stories as a set, and options after their defaults", async () => {
    const { epicId, storyIds } = await app.backlog(["One", "Two", "Three"]);
    const first = await start({ epicId, storyIds: [...storyIds], idempotencyKey: "set" });
    const turned = { epicId, storyIds: storyIds.toReversed(), idempotencyKey: "set" };
    expect(await start(turned)).toBe(first);
    expect(await start({ ...turned, options: { mode: "STANDARD" } })).toBe(first);
    expect(await start({ ...turned, options: { mode: null } })).toBe(first);
    await app.cancel(first);
  });

  it("is a conflict with any other input, also when its run has ended", async () => {
    const { epicId, storyIds } = await app.backlog(["One", "Two"]);
    const input = { epicId, storyIds: [...storyIds], idempotencyKey: "other" };
    const first = await start(input);
    const others = [
      { ...input, storyIds: storyIds.slice(0, 1) },
      { ...input, storyIds: null },
      { ...input, options: { mode: "COMPACT" as const } },
    ];
    for (const other of others) expect(await start(other)).toBe("IdempotencyConflictError");
    await app.cancel(first);
    for (const other of others) expect(await start(other)).toBe("IdempotencyConflictError");
  });

  it("makes one run of fifty starts at the same moment, and all are told of it", async () => {
    const { epicId } = await app.backlog(["One"]);
    const answers = await Promise.all(Array.from({ length: 50 }, () => start({ epicId, idempotencyKey: "fifty" })));
    expect(new Set(answers).size).toBe(1);
    expect((await app.readRun(answers[0] ?? "")).items.totalCount).toBe(1);
    await app.cancel(answers[0] ?? "");
  });

  it("makes one run of different starts at the same moment: the others are a conflict", async () => {
    const { epicId, storyIds } = await app.backlog(["One", "Two"]);
    const inputs = Array.from({ length: 40 }, (_, i) => ({
      epicId,
      storyIds: [storyIds[i % 2] ?? ""],
      idempotencyKey: "k",
    }));
    const answers = await Promise.all(inputs.map(start));
    const runs = new Set(answers.filter((answer) => answer !== "IdempotencyConflictError"));
    expect(runs.size).toBe(1);
    expect(answers.filter((answer) => answer === "IdempotencyConflictError")).toHaveLength(20);
    await app.cancel([...runs][0] ?? "");
  });

  it("is counted in characters, and without the white space around it", async () => {
    const { epicId } = await app.backlog(["One"]);
    const key = "🔑".repeat(200);
    const first = await start({ epicId, idempotencyKey: ` ${key}\n` });
    expect(first).toMatch(/^UnVu/);
    expect(await start({ epicId, idempotencyKey: key })).toBe(first);
    await app.cancel(first);
  });

  it("belongs to its project", async () => {
    const [one, other] = [await app.backlog(["One"]), await app.backlog(["One"])];
    const first = await start({ epicId: one.epicId, idempotencyKey: "same" });
    const second = await start({ epicId: other.epicId, idempotencyKey: "same" });
    expect(second).not.toBe(first);
    await Promise.all([app.cancel(first), app.cancel(second)]);
    await Promise.all([one, other].map(({ epicId }) => app.send(DeleteEpic, { id: epicId })));
    expect(await start({ epicId: one.epicId, idempotencyKey: "same" })).toBe(first);
    expect(await start({ epicId: other.epicId, idempotencyKey: "same" })).toBe(second);
  });

  it("is shared by start and retry", async () => {
    const { epicId } = await app.backlog(["One"]);
    const first = await start({ epicId, idempotencyKey: "start" });
    await app.cancel(first);
    expect(await retry(first, "start")).toBe("IdempotencyConflictError");
    const retried = await retry(first, "retry");
    expect(retried).not.toBe(first);
    expect(await retry(first, "retry")).toBe(retried);
    await app.cancel(retried);
    expect(await retry(first, "retry")).toBe(retried);
    expect(await start({ epicId, idempotencyKey: "retry" })).toBe("IdempotencyConflictError");
    expect(await retry(retried, "retry")).toBe("IdempotencyConflictError");
  });

  it("comes before the active run: the run that it made is no obstacle to itself", async () => {
    const { epicId } = await app.backlog(["One"]);
    const first = await start({ epicId, idempotencyKey: "mine" });
    expect(await start({ epicId, idempotencyKey: "yours" })).toBe("RunAlreadyActiveError");
    expect(await start({ epicId, idempotencyKey: "mine" })).toBe(first);
    await app.cancel(first);
    const second = await start({ epicId, idempotencyKey: "yours" });
    expect(second).toMatch(/^UnVu/);
    await app.cancel(second);
  });
});
