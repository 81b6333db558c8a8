import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createApp } from "../src/app.ts";
import { readConfig } from "../src/config.ts";
import { createOutlineGenerator } from "../src/generation/outline.ts";
import { startTestApp, type TestApp } from "./support/app.ts";
import { createGate } from "./support/gate.ts";
import { ROOT } from "./support/markdown.ts";
import { type Program, startProgram } from "./support/program.ts";
import { createScriptedGenerator, subtasksFor } from "./support/scripted-generator.ts";

/** Runs a file of examples/ as it is, but for the address of the server. */
async function startExample(
  name: string,
  args: readonly string[],
  url: string,
  nodeOptions: readonly string[] = [],
): Promise<Program> {
  const code = await readFile(path.join(ROOT, "examples", name), "utf8");
  const input = code.replaceAll("127.0.0.1:4000", new URL(url).host);
  return startProgram(process.execPath, [...nodeOptions, "--input-type=module-typescript", "-", ...args], {
    cwd: ROOT,
    input,
  });
}

describe("the examples", () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await startTestApp({ generator: createOutlineGenerator() });
  });
  afterAll(() => test?.close());

  it("split-backlog starts a run over the stories of a file, which watch-run shows to its end", async () => {
    const split = await (await startExample("split-backlog.ts", ["examples/backlog.txt"], test.app.url)).ended;
    expect(split).toMatchObject({ code: 0, stderr: "" });
    const runId = split.stdout.trim();

    const watch = await (await startExample("watch-run.ts", [runId], test.app.url)).ended;
    expect(watch).toMatchObject({ code: 0, stderr: "" });
    expect(watch.stdout).toMatch(/SNAPSHOT[^]*SUCCEEDED[^]*The run has ended/);
    expect(await test.readRun(runId)).toMatchObject({ status: "SUCCEEDED", totalItems: 12 });
  });

  it("watch-run says why there is nothing to watch, and not that the run has ended", async () => {
    const watch = await (await startExample("watch-run.ts", ["no-such-run"], test.app.url)).ended;
    expect(watch.code).toBe(1);
    expect(watch.stdout).toContain("NOT_FOUND");
    expect(watch.stdout).not.toContain("The run has ended");
  });

  it("watch-run goes on where it was when the server is restarted: nothing comes twice, nothing is missing", async () => {
    const [first, others] = [createGate(), createGate()];
    const generator = createScriptedGenerator(async ({ story, signal }) => {
      await (story.title === "First" ? first : others).pass(signal);
      return subtasksFor(story.title);
    });
    const before = await startTestApp({ generator });
    const { epicId } = await before.backlog(["First", "Second", "Third"]);
    const runId = await before.start(epicId);
    const watch = await startExample("watch-run.ts", [runId], before.app.url, IMPATIENT);
    await watch.says(/SNAPSHOT/);
    first.open();
    await watch.says(/S1', status: 'COMPLETED'/);
    await before.close();

    const { port } = new URL(before.app.url);
    expect(await Promise.race([refuse(Number(port), 7), watch.ended])).toBe("refused");

    others.open();
    const config = readConfig({ DATABASE_URL: before.databaseUrl, PORT: port, GENERATOR: "outline" });
    const after = await createApp({ config, log: pino({ level: "silent" }), generator });
    onTestFinished(() => after.close());
    const { code, stdout, stderr } = await watch.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const cursors = [...stdout.matchAll(/cursor: '([^']+)'/g)].map(([, cursor = ""]) => seqOf(cursor));
    expect(cursors).toEqual(cursors.map((_, index) => (cursors[0] ?? 0) + index));
    expect(stdout).toMatch(/SUCCEEDED[^]*The run has ended/);
  });
});

/** Lets a program wait for nothing long: graphql-ws waits twice as long after each time that nobody was there. */
const IMPATIENT = [
  "--import",
  "data:text/javascript,const wait = setTimeout; globalThis.setTimeout = (then, ms) => wait(then, Math.min(ms, 500));",
];

/** Waits for somebody to connect `times` times, who finds nobody there. */
async function refuse(port: number, times: number): Promise<"refused"> {
  const nobody = createServer((socket) => socket.resetAndDestroy()).listen(port, "127.0.0.1");
  for (let time = 0; time < times; time += 1) await once(nobody, "connection");
  nobody.close();
  await once(nobody, "close");
  return "refused";
}

/** A cursor ends in its event's number. */
function seqOf(cursor: string): number {
  return Number(/:(\d+)$/.exec(Buffer.from(cursor, "base64url").toString())?.[1]);
}
