import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../support/app.ts";
import { type Progress, rowId } from "../support/client.ts";
import { createGate } from "../support/gate.ts";
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

/** A run of two stories whose calls are at a gate. */
async function running() {
  const gate = createGate();
  scripted.script(async ({ story, signal }) => {
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
