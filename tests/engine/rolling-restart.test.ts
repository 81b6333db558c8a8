import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { startTestApp } from "../support/app.ts";
import { createTestDatabaseUrl } from "../support/database.ts";
import { checkHistory } from "../support/run-history.ts";
import { createScriptedGenerator, subtasksFor } from "../support/scripted-generator.ts";

const TABLES = ["Project", "Epic", "Story", "Subtask", "SubtaskDependency", "Run", "RunItem", "RunEvent"];

/** What a newer version's migrations may do while this program still runs: they add. */
async function addColumns(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const table of TABLES)
    await client.query(
      `ALTER TABLE "${table}" ADD COLUMN "addedLater" int NOT NULL DEFAULT 7, ADD COLUMN "alsoAt" timestamptz`,
    );
  await client.query(`CREATE TABLE "MadeLater" (id int PRIMARY KEY)`);
  await client.end();
}

describe("a database to which a newer version has added", () => {
  it("serves this one all the same: its runs end well, and what was added stays as it is", async () => {
    const databaseUrl = await createTestDatabaseUrl();
    await addColumns(databaseUrl);
    const generator = createScriptedGenerator(async ({ story }, call) => {
      if (story.title === "Broken" && call === 1) throw new Error("broken");
      return subtasksFor(story.title);
    });
    const app = await startTestApp({ generator, databaseUrl });
    onTestFinished(() => app.close());
    const { epicId } = await app.backlog(["One", "Broken", "Three"]);
    const runId = await app.start(epicId);
    checkHistory(await app.history(runId));
    const again = await app.start(epicId, { existingBehavior: "REPLACE" });
    const history = await app.history(again);
    checkHistory(history);
    expect(history.at(-1)?.run).toMatchObject({ status: "SUCCEEDED", createdCount: 15 });
    for (const table of TABLES)
      expect(await app.sql(`SELECT DISTINCT "addedLater", "alsoAt" FROM "${table}"`), table).toEqual([
        { addedLater: 7, alsoAt: null },
      ]);
  });
});
