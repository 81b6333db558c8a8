import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDatabase, type Database } from "../../src/database/database.ts";
import { executeRun } from "../../src/engine/executor/execute-run.ts";
import { nonceOf } from "../../src/engine/kinds/nonce.ts";
import { createTestDatabaseUrl } from "../support/database.ts";
import { createTestEngine, type TestEngine } from "../support/engine.ts";
import { createScriptedGenerator } from "../support/scripted-generator.ts";

const generator = createScriptedGenerator();
let engine: TestEngine;
let processes: [Database, Database];
beforeAll(async () => {
  engine = await createTestEngine(generator);
  const url = await createTestDatabaseUrl();
  const open = () => createDatabase({ url, onError: (error) => expect.fail(String(error)) });
  processes = [open(), open()];
});
afterAll(async () => {
  await engine?.close();
  await Promise.all((processes ?? []).map((each) => each.close()));
});

describe("the nonce of a run's prompts", () => {
  const id = randomUUID();

  it("is the same whichever process asks, and another for each run", async () => {
    const [one, other] = processes;
    const nonce = await nonceOf(one.prisma, { id });
    expect(nonce).toMatch(/^[0-9a-f]{12}$/u);
    expect(await nonceOf(other.prisma, { id })).toBe(nonce);
    expect(await nonceOf(one.prisma, { id: randomUUID() })).not.toBe(nonce);
  });

  it("cannot be told from the run's id: another installation has another", async () => {
    const [{ prisma }] = processes;
    const nonce = await nonceOf(prisma, { id });
    await prisma.installation.update({ where: { id: 1 }, data: { secret: randomUUID() } });
    expect(await nonceOf(prisma, { id })).not.toBe(nonce);
  });

  it("is what the generator is told, and neither it nor what it is made of stands in the run or the log", async () => {
    const runId = await engine.start(["One", "Two"]);
    await executeRun(engine.parts, runId, new AbortController().signal);
    const nonce = await nonceOf(engine.database.prisma, { id: runId });
    expect(generator.requests.map(({ context }) => context.nonce)).toEqual([nonce, nonce]);
    const { secret } = await engine.database.prisma.installation.findUniqueOrThrow({ where: { id: 1 } });
    const told = `${await engine.rows(runId)} ${engine.complaints.join(" ")}`;
    expect(told).toContain(runId);
    for (const hidden of [nonce, secret]) expect(told).not.toContain(hidden);
  });

  it("is made of what no client can ask for", async () => {
    const schema = await readFile(new URL("../../schema.graphql", import.meta.url), "utf8");
    expect(schema).not.toMatch(/secret|installation|nonce/iu);
  });
});
