import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createGate, type Gate } from "../support/gate.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { rowId } from "../support/client.ts";
import { ReadRun, StartRun } from "../support/operations.ts";
import { createScriptedGenerator, subtasksFor } from "../support/scripted-generator.ts";

const generator = createScriptedGenerator();
let app: TestApp;
/** Every call of the generator waits here. */
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

async function start(input: { epicId: string; storyIds?: string[] | null; options?: object; idempotencyKey?: string }) {
  return (await app.send(StartRun, { input })).startGenerateSubtasks;
}

const runsOf = (epicId: string) => app.sql<{ id: string }>(`SELECT id FROM "Run" WHERE "epicId" = $1`, [rowId(epicId)]);

describe("starting a run", () => {
  it("lets one of two hundred starts at the same moment through, and tells the others which", async () => {
    const { epicId } = await app.backlog(["One", "Two"]);
    const answers = await Promise.all(Array.from({ length: 200 }, () => start({ epicId })));
    const [winner, ...more] = answers.filter((answer) => answer.__typename === "StartGenerateSubtasksPayload");
    expect(more).toEqual([]);
    const losers = answers.filter((answer) => answer.__typename === "RunAlreadyActiveError");
    expect(losers).toHaveLength(199);
    expect(new Set(losers.map(({ run }) => run.id))).toEqual(new Set([winner?.run.id]));
    expect(await runsOf(epicId)).toHaveLength(1);
    expect((await app.cancel(winner?.run.id ?? "")).__typename).toBe("CancelRunPayload");
  });

  it("is possible in two projects at once, and again once the run before has ended", async () => {
    const [one, other] = [await app.backlog(["One"]), await app.backlog(["One"])];
    const first = await app.start(one.epicId);
    const second = await app.start(other.epicId);
    gate.open();
    await Promise.all([app.history(first), app.history(second)]);
    const third = await app.start(one.epicId);
    expect((await app.history(third)).at(-1)?.run.status).toBe("SUCCEEDED");
  });

  it("is NotFoundError where the epic is deleted while its stories are looked for", async () => {
    const { epicId } = await app.backlog(["One"]);
    const person = new pg.Client({ connectionString: app.databaseUrl });
    await person.connect();
    onTestFinished(() => person.end());
    await person.query("BEGIN");
    // The epic can be read meanwhile, its stories cannot.
    await person.query(`LOCK TABLE "Story" IN ACCESS EXCLUSIVE MODE`);
    const answer = start({ epicId });
    const held = `SELECT pid FROM pg_locks WHERE NOT granted AND relation = '"Story"'::regclass`;
    await expect.poll(() => app.sql(held), { interval: 10, timeout: 10_000 }).toHaveLength(1);
    await person.query(`DELETE FROM "Epic" WHERE id = $1`, [rowId(epicId)]);
    await person.query("COMMIT");
    expect(await answer).toMatchObject({ __typename: "NotFoundError", id: epicId });
  });

  it("is told by the run's first event: queued, nothing begun", async () => {
    const { epicId } = await app.backlog(["One", "Two"]);
    const runId = await app.start(epicId);
    const first = await app.until(runId, () => true);
    expect(first).toMatchObject({
      kind: "RUN_UPDATED",
      seq: 1,
      run: { status: "QUEUED", phase: "INITIALIZING", totalItems: 2, progress: 0, elapsedMs: 0 },
    });
    await app.cancel(runId);
  });

  it("takes the stories that are named, in the epic's order, or all of the epic", async () => {
    const { epicId, storyIds } = await app.backlog(["One", "Two", "Three", "Four"]);
    gate.open();
    const options = { pacing: "ADAPTIVE" };
    const some = await start({ epicId, storyIds: [storyIds[3] ?? "", storyIds[1] ?? ""], options });
    if (some.__typename !== "StartGenerateSubtasksPayload") throw new Error(some.__typename);
    expect(some.storyCount).toBe(2);
    await app.history(some.run.id);
    expect((await app.readRun(some.run.id)).items.nodes.map(({ title }) => title)).toEqual(["Two", "Four"]);
    const all = await start({ epicId, storyIds: null, options });
    expect(all).toMatchObject({ __typename: "StartGenerateSubtasksPayload", storyCount: 4 });
    if (all.__typename === "StartGenerateSubtasksPayload") await app.history(all.run.id);
  });

  it("takes the default for an option that is null or left out", async () => {
    gate.open();
    for (const options of [undefined, {}, { mode: null, existingBehavior: null, pacing: null }]) {
      const { epicId } = await app.backlog(["One"]);
      const started = await start({ epicId, ...(options && { options }) });
      if (started.__typename !== "StartGenerateSubtasksPayload") throw new Error(started.__typename);
      const { run } = await app.send(ReadRun, { id: started.run.id });
      expect(run).toMatchObject({ mode: "STANDARD", existingBehavior: "SKIP", pacing: "NORMAL" });
    }
  });
});
