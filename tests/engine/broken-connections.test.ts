import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../support/app.ts";
import { startCursorOf } from "../support/client.ts";
import { createGate } from "../support/gate.ts";
import { checkHistory } from "../support/run-history.ts";
import { createScriptedGenerator, subtasksFor } from "../support/scripted-generator.ts";

const generator = createScriptedGenerator();
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ generator });
});
afterAll(() => app.close());

/** Ends every connection of the program to its database, as a restart of PostgreSQL or a proxy does; resolves once they are gone. */
async function breakConnections(): Promise<number> {
  const broken = await app.sql(
    `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE 'storymill%'`,
  );
  return broken.length;
}

/** Watches from the beginning what can be told without the database: what an event holds. */
async function* watchNumbers(runId: string): AsyncGenerator<number, undefined> {
  const query = `subscription ($runId: ID!, $after: String) { runProgress(runId: $runId, after: $after) { seq } }`;
  const variables = { runId, after: startCursorOf(runId) };
  for await (const { data } of app.sockets.iterate<{ runProgress: { seq: number } }>({ query, variables }))
    yield data?.runProgress.seq ?? 0;
}

async function numbers(runId: string): Promise<number[]> {
  return Array.fromAsync(watchNumbers(runId));
}

describe("a run whose database connections break", () => {
  it("goes on, loses nothing and saves nothing twice; its watchers get every event once", async () => {
    const gate = createGate();
    generator.script(async ({ story, signal }) => {
      await gate.pass(signal);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
      return subtasksFor(story.title, 3);
    });
    const titles = Array.from({ length: 60 }, (_, i) => `Story ${i + 1}`);
    const { epicId } = await app.backlog(titles);
    const runId = await app.start(epicId);
    const watching = numbers(runId);
    const trigger = watchNumbers(runId);
    let last = (await trigger.next()).value ?? 0;
    await gate.reached(32);
    expect(await breakConnections()).toBeGreaterThan(2);
    gate.open();
    for await (const seq of trigger) {
      if (seq < last + 30) continue;
      last = seq;
      await breakConnections();
    }
    const history = await app.history(runId);
    checkHistory(history);
    expect(await watching).toEqual(history.map(({ seq }) => seq));
    expect(history.at(-1)?.run).toMatchObject({ status: "SUCCEEDED", completedItems: 60, createdCount: 180 });
    const stories = await app.readStories(epicId);
    expect(stories.map(({ subtasks }) => subtasks.nodes.length)).toEqual(titles.map(() => 3));
    // Every break was met and told, none of them as an error of the program.
    expect(app.complaints.filter(({ level }) => level > 40)).toEqual([]);
  });
});
