import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { createAnthropicGenerator } from "../src/generation/anthropic/anthropic-generator.ts";
import { serializers } from "../src/log.ts";
import { type LogLine, startTestApp } from "./support/app.ts";
import { type RunRead, rowId } from "./support/client.ts";
import { createTestDatabase } from "./support/database.ts";
import { badKey, rateLimited } from "./support/loopback-claude/known-failures.ts";
import { says } from "./support/loopback-claude/replies.ts";
import { startLoopbackClaude } from "./support/loopback-claude/server.ts";
import { createScriptedGenerator, subtasksFor } from "./support/scripted-generator.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function startApp(options: Parameters<typeof startTestApp>[0]) {
  const app = await startTestApp({ retryBaseMs: 10, logLevel: "info", ...options });
  open.push(app);
  return app;
}

const idsOf = ({ id, project }: Pick<RunRead, "id"> & { project: { id: string } }) => ({
  runId: rowId(id),
  projectId: rowId(project.id),
});

describe("the program's log", () => {
  it("has a line for a run's start and one for its end, with its ids and its figures", async () => {
    const generator = createScriptedGenerator(async ({ story, onUsage }) => {
      onUsage({ inputTokens: 10, outputTokens: 5, cacheReadTokens: 2, cacheWriteTokens: 1, costUsd: 0.5 });
      return subtasksFor(story.title);
    });
    const app = await startApp({ generator });
    const { epicId, projectId } = await app.backlog(["Story of a secret", "Another secret"]);
    const runId = await app.start(epicId);
    await app.watchToEnd(runId);
    const ids = idsOf({ id: runId, project: { id: projectId } });
    expect(app.logged.filter((line) => line["runId"] !== undefined)).toMatchObject([
      { ...ids, level: 30, msg: "a run started", type: "GENERATE_SUBTASKS", pacing: "ADAPTIVE", items: 2 },
      {
        ...ids,
        level: 30,
        msg: "a run ended",
        type: "GENERATE_SUBTASKS",
        status: "SUCCEEDED",
        items: { total: 2, completed: 2, failed: 0, skipped: 0, cancelled: 0 },
        created: 10,
        durationMs: expect.any(Number),
        tokens: { input: 20, output: 10, cacheRead: 4, cacheWrite: 2 },
        costUsd: 1,
      },
    ]);
    expect(JSON.stringify(app.logged)).not.toContain("secret");
  });

  it("has a line for the end of a run that a person cancelled", async () => {
    const app = await startApp({ generator: createScriptedGenerator(() => new Promise(() => {})) });
    const { epicId } = await app.backlog(["One"]);
    const runId = await app.start(epicId);
    await app.cancel(runId);
    const ends = app.logged.filter(({ msg }) => msg === "a run ended");
    expect(ends).toMatchObject([{ runId: rowId(runId), status: "CANCELLED", items: { cancelled: 1 } }]);
  });

  it("says what the database refused, and for which items, without what was in them", async () => {
    const generator = createScriptedGenerator(async ({ story }) =>
      subtasksFor(story.title).map((subtask) => ({ ...subtask, description: "A secret with NUL \0 in it" })),
    );
    const app = await startApp({ generator });
    const { epicId } = await app.backlog(["Story of a secret"]);
    const runId = await app.start(epicId);
    await app.watchToEnd(runId);
    const [item] = (await app.readRun(runId)).items.nodes;
    expect(item).toMatchObject({ status: "FAILED" });
    expect(app.complaints.splice(0)).toMatchObject([
      {
        level: 40,
        runId: rowId(runId),
        itemIds: [rowId(item?.id ?? "")],
        err: { message: expect.stringMatching(/22P05|22021/) },
      },
    ]);
    expect(JSON.stringify(app.logged)).not.toContain("secret");
  });

  it("marks what is told of a call to Claude with the run and the item, and holds no key, story or answer", async () => {
    const claude = await startLoopbackClaude({});
    open.push(claude);
    const calls: LogLine[] = [];
    const log = pino({ level: "info" }, { write: (line) => void calls.push(JSON.parse(line) as LogLine) });
    const apiKey = "sk-ant-secret";
    const generator = createAnthropicGenerator({ apiKey, baseURL: claude.baseURL, model: "claude-sonnet-5-5", log });
    const app = await startApp({ generator });
    const { epicId } = await app.backlog(["Story of a secret"]);
    claude.script(rateLimited(0), says("The answer is a secret."), badKey());
    const runId = await app.start(epicId);
    await app.watchToEnd(runId);
    const [item] = (await app.readRun(runId)).items.nodes;
    expect(item?.status).toBe("FAILED");
    const ids = { runId: rowId(runId), itemId: rowId(item?.id ?? "") };
    expect(calls).toMatchObject([
      { ...ids, level: 40, status: 429 },
      { ...ids, level: 30, msg: "the model answered" },
      { ...ids, level: 30, problems: 1 },
      { ...ids, level: 40, status: 401 },
    ]);
    expect(JSON.stringify([calls, app.logged])).not.toContain("secret");
  });
});

describe("an error in the log", () => {
  it("of the database says what is wrong, without the values that it was given", async () => {
    const database = await createTestDatabase();
    open.push(database);
    const { id } = await database.prisma.project.create({ data: { name: "One" } });
    const wrong = { name: "A secret", description: 5 as never };
    for (const [work, said] of [
      [() => database.prisma.project.create({ data: wrong }), /Argument `description`: Invalid value provided/],
      [() => database.prisma.project.create({ data: { id, name: "A secret" } }), /Unique constraint failed/],
      [() => database.prisma.$queryRaw`SELECT ${"a secret"}::int`, /22P02.*invalid input syntax for type integer: "…"/],
      [() => database.read("SELECT $1::uuid", ["a secret"]), /^invalid input syntax for type uuid: "…"$/],
    ] as const) {
      const error: unknown = await work().catch((cause: unknown) => cause);
      const told = serializers.err(error);
      expect(told).toMatchObject({ message: expect.stringMatching(said), stack: expect.stringMatching(/\n\s+at /) });
      expect(JSON.stringify(told)).not.toContain("secret");
    }
  });

  it("of any other kind stays as it is", () => {
    const error = Object.assign(new TypeError("A message\nof two lines"), { code: "E1" });
    const { message, stack } = error;
    expect(serializers.err(error)).toEqual({ type: "TypeError", message, code: "E1", stack });
    expect(serializers.err("text")).toBe("text");
  });
});
