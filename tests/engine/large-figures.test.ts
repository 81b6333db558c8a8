import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { NO_USAGE } from "../../src/engine/usage.ts";
import type { Usage } from "../../src/generation/generator.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { type Progress, rowId } from "../support/client.ts";
import { createGate, type Gate } from "../support/gate.ts";
import { ReadProjects } from "../support/operations.ts";
import { createScriptedGenerator, subtasksFor } from "../support/scripted-generator.ts";

// Figures that grow past what an Int holds: they stop there, and nothing fails for them.

const MAX_INT = 2_147_483_647;

const scripted = createScriptedGenerator();
const msPerStory = 3_000_000_000;
const generator = {
  ...scripted,
  estimate: async () => ({ inputTokens: 3e9, outputTokens: 4e9, costUsd: 5e9, msPerStory, exact: false }),
};
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ generator });
});
afterAll(() => app.close());

/** A run of two stories whose calls have spent this and are at a gate. */
async function running(spent: Usage = NO_USAGE) {
  const gate = createGate();
  scripted.script(async ({ story, signal, onUsage }) => {
    onUsage(spent);
    await gate.pass(signal);
    return subtasksFor(story.title);
  });
  const { epicId } = await app.backlog(["One", "Two"]);
  const runId = await app.start(epicId);
  await gate.reached(2);
  return { runId, gate };
}

describe("a run that began a month ago", () => {
  it("is told of alone, in lists and live, its time standing at the most that an Int holds", async () => {
    const { runId, gate } = await running();
    await app.sql(`UPDATE "Run" SET "startedAt" = "startedAt" - interval '30 days' WHERE id = $1`, [rowId(runId)]);
    const projects = async () =>
      (await app.send(ReadProjects, {})).projects.nodes.flatMap((project) => project.runs.nodes);
    expect(await app.readRun(runId)).toMatchObject({ status: "RUNNING", elapsedMs: MAX_INT });
    expect(await projects()).toContainEqual(expect.objectContaining({ id: runId, elapsedMs: MAX_INT }));
    const seen: Progress[] = [];
    for await (const progress of app.watch(runId)) {
      seen.push(progress);
      gate.open();
    }
    expect(seen.map(({ kind, run }) => [kind, run.elapsedMs])).toEqual(seen.map(({ kind }) => [kind, MAX_INT]));
    expect(seen[0]?.kind).toBe("SNAPSHOT");
    expect(seen.at(-1)?.run.status).toBe("SUCCEEDED");
    expect(await projects()).toContainEqual(expect.objectContaining({ status: "SUCCEEDED", elapsedMs: MAX_INT }));
  });
});

describe("what a run sums up", () => {
  const SPENT = { inputTokens: 10, outputTokens: 20, cacheReadTokens: 30, cacheWriteTokens: 40, costUsd: 0.5 };
  const FULL = { inputTokens: MAX_INT, outputTokens: MAX_INT, cacheReadTokens: MAX_INT, cacheWriteTokens: MAX_INT };
  const almostFull = (table: string, id: string) =>
    app.sql(
      `UPDATE "${table}" SET "inputTokens" = $1, "outputTokens" = $1, "cacheReadTokens" = $1, "cacheWriteTokens" = $1
       WHERE "${id}" = $2`,
      [MAX_INT - 1, rowId(runId)],
    );
  let runId: string;
  let gate: Gate;
  beforeEach(async () => {
    ({ runId, gate } = await running(SPENT));
    await almostFull("Run", "id");
    await almostFull("RunItem", "runId");
  });

  it("stands where it is full, and every story is saved all the same", async () => {
    await app.sql(`UPDATE "Run" SET "completedDurationMs" = $1 WHERE id = $2`, [MAX_INT, rowId(runId)]);
    gate.open();
    const history = await app.history(runId);
    expect(history.at(-1)?.run).toMatchObject({ status: "SUCCEEDED", completedItems: 2, createdCount: 10 });
    const { usage, items } = await app.readRun(runId);
    expect(usage).toEqual({ ...FULL, costUsd: 1 });
    expect(items.nodes.map((item) => item.usage)).toEqual([1, 2].map(() => ({ ...FULL, costUsd: 0.5 })));
  });

  it("takes in a call that went on for a month", async () => {
    await app.sql(`UPDATE "RunItem" SET "startedAt" = "startedAt" - interval '30 days' WHERE "runId" = $1`, [
      rowId(runId),
    ]);
    gate.open();
    const ended = (await app.history(runId)).filter(({ item }) => item?.status === "COMPLETED");
    expect(ended.map(({ item }) => item?.durationMs)).toEqual([MAX_INT, MAX_INT]);
    expect((await app.readRun(runId)).status).toBe("SUCCEEDED");
  });

  it("takes in what calls had cost that a cancel broke off", async () => {
    await app.cancel(runId);
    await app.idle();
    const { status, usage, items } = await app.readRun(runId);
    expect({ status, usage }).toEqual({ status: "CANCELLED", usage: { ...FULL, costUsd: 1 } });
    expect(items.nodes.map((item) => item.usage)).toEqual([1, 2].map(() => ({ ...FULL, costUsd: 0.5 })));
    expect(app.complaints).toEqual([]);
  });
});

describe("an estimate", () => {
  it("of more than an Int holds is told as the most that it holds", async () => {
    const { epicId } = await app.backlog(["One", "Two"]);
    const query = `query ($epicId: ID!) {
      estimateRun(input: { epicId: $epicId }) { ... on RunEstimate { inputTokens outputTokens costUsd durationMs } }
    }`;
    const response = await fetch(`${app.app.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, variables: { epicId } }),
    });
    expect(await response.json()).toEqual({
      data: { estimateRun: { inputTokens: MAX_INT, outputTokens: MAX_INT, costUsd: 5e9, durationMs: MAX_INT } },
    });
  });
});
