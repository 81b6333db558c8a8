import { existsSync } from "node:fs";
import { glob, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { assertInputObjectType, buildSchema, Kind, OperationTypeNode, parse, validate } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { counted, LIMITS } from "../src/backlog/texts.ts";
import { readConfig } from "../src/config.ts";
import { createOutlineGenerator } from "../src/generation/outline.ts";
import { startTestApp, type TestApp } from "./support/app.ts";
import { readCompose } from "./support/deployment.ts";
import { anchorsOf, type Block, codesOf, linksOf, readPages, ROOT } from "./support/markdown.ts";
import { isInstalled, startProgram } from "./support/program.ts";
import { scrape } from "./support/scrape.ts";

const pages = await readPages();
const blocks = pages.flatMap((page) => page.blocks);
const hasCurl = await isInstalled("curl");
const sdl = await readFile(path.join(ROOT, "schema.graphql"), "utf8");
const dotEnv = await readFile(path.join(ROOT, ".env.example"), "utf8");
/** Every variable that can be set, with the default or an example. */
const variables = new Map(
  [...dotEnv.matchAll(/^#([A-Z_]+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
);

/** Where the documentation believes the server to be. */
const ADDRESS = "127.0.0.1:4000";

describe("every block of code in the documentation", () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await startTestApp({ generator: createOutlineGenerator() });
  });
  afterAll(() => test?.close());

  /** What a reader has who has come this far: a project, an epic, and a run over it that has ended. */
  async function makeReader() {
    const { projectId, epicId } = await test.backlog(["As a reader, I want to search, so that I find"]);
    const runId = await test.start(epicId);
    await test.watchToEnd(runId);
    return { projectId, epicId, runId, address: new URL(test.app.url).host };
  }

  const runners: Readonly<Record<string, (block: Block) => Promise<void>>> = {
    async ts({ text }) {
      const { runId, address } = await makeReader();
      const input = text.replaceAll(ADDRESS, address);
      const program = startProgram(process.execPath, ["--input-type=module-typescript", "-", runId], {
        cwd: ROOT,
        input,
      });
      expect(await program.ended).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/\w/) });
    },

    async graphql({ text }) {
      const document = parse(text);
      expect(validate(buildSchema(sdl), document)).toEqual([]);
      const values: Record<string, string> = await makeReader();
      for (const definition of document.definitions) {
        if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
        expect(definition.operation, "a block of its own, as ts").not.toBe(OperationTypeNode.SUBSCRIPTION);
        const names = (definition.variableDefinitions ?? []).map(({ variable }) => variable.name.value);
        expect(Object.keys(values)).toEqual(expect.arrayContaining(names));
        const response = await fetch(`${test.app.url}/graphql`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({
            query: text,
            operationName: definition.name?.value,
            variables: Object.fromEntries(names.map((name) => [name, values[name]])),
          }),
        });
        expectSuccess(await response.text());
      }
    },

    async sh({ text }) {
      const commands = text
        .replaceAll("\\\n", " ")
        .split("\n")
        .filter((line) => !/^\s*(#|$)/.test(line));
      expect(commands.length).toBeGreaterThan(0);
      for (const command of commands) await tryCommand(command);
    },

    async sql({ text }) {
      await makeReader();
      await test.sql(text);
    },

    /** Pictures made of characters. */
    async text() {},
  };

  async function tryCommand(command: string): Promise<void> {
    if (command.startsWith("curl ")) {
      const { runId, address } = await makeReader();
      const line = command.replaceAll(ADDRESS, address).replaceAll("RUN_ID", runId);
      const { code, stdout, stderr } = await startProgram("sh", ["-c", line], { cwd: ROOT }).ended;
      expect(code, stderr).toBe(0);
      return expectSuccess(stdout);
    }
    for (const part of command.split("&&")) {
      const words = part.trim().split(/\s+/);
      if (SYSTEM.has(words[0] ?? "")) {
        await checkNames(words);
        continue;
      }
      while (/^[A-Z_]+=/.test(words[0] ?? "")) expect([...variables.keys()]).toContain(words.shift()?.split("=")[0]);
      if (words[0] === "npx") words.shift();
      const [program, name = "", script = ""] = words;
      if (program === "npm" && name !== "ci")
        expect(Object.keys(packageJson.scripts)).toContain(name === "run" ? script : name);
      else if (program === "node") expect(existsSync(path.join(ROOT, name)), name).toBe(true);
      else expect([program, name]).toEqual(["npm", "ci"]);
    }
  }

  async function tryBlock(block: Block): Promise<void> {
    const run = runners[block.language];
    if (run === undefined) throw new Error(`Nothing here knows how to try a block of "${block.language}".`);
    await run(block);
  }

  const places = blocks.map((block) => ({ ...block, place: `${block.file}:${block.line}` }));
  const callsCurl = ({ text }: Block) => text.includes("curl ");
  const without = hasCurl ? "" : " (skipped: no curl)";
  it.each(places.filter((block) => !callsCurl(block)))("does what it says: $place ($language)", tryBlock);
  it.skipIf(!hasCurl).each(places.filter(callsCurl))(`does what it says: $place ($language)${without}`, tryBlock);
});

/** Programs of the system and of PostgreSQL: what they do to a machine is not tried, only whether there is what they name. */
const SYSTEM = new Set("cd cp docker echo export install pg_dump pg_restore systemctl tar useradd".split(" "));

/** Whether the files and systemd units of ours in a command are there, and the services of compose.yaml. */
async function checkNames(words: readonly string[]): Promise<void> {
  const files = words
    .map((word) => (/^storymill.*\.service$/.test(word) ? `deploy/${word.replace(/@\w+/, "@")}` : word))
    .filter((word) => word.startsWith("deploy/"));
  expect(files.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
  if (words[0] !== "docker") return;
  const [, compose, verb, ...rest] = words;
  expect(compose).toBe("compose");
  const names = rest.filter((word) => !word.startsWith("-"));
  const services = Object.keys(await readCompose());
  expect(services).toEqual(expect.arrayContaining(verb === "exec" ? names.slice(0, 1) : names));
}

/** An answer without errors, top-level or typed. */
function expectSuccess(answer: string): void {
  expect(answer).toContain('"data"');
  expect(answer).not.toContain('"errors"');
  expect(answer).not.toContain('"message"');
}

describe.each(pages)("$file", (page) => {
  it("links to what is there", () => {
    const broken = linksOf(page).filter((link) => {
      const [to = "", anchor] = link.split("#");
      const file = to === "" ? page.file : path.join(path.dirname(page.file), to);
      if (anchor === undefined) return !existsSync(path.join(ROOT, file));
      const target = pages.find((other) => other.file === file);
      return target === undefined || !anchorsOf(target).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it("names only files, scripts, variables, values and codes that there are", async () => {
    const known = new Set(`${sdl} ${dotEnv} ${await readSources()}`.match(/\b[A-Z][A-Z_]+\b/g));
    const unknown = codesOf(page).filter((code) => {
      if (/^(src|tests|docs|scripts|examples|prisma|deploy)\//.test(code)) return !existsSync(path.join(ROOT, code));
      const script = /^npm (?:run )?([\w:-]+)/.exec(code)?.[1];
      if (script !== undefined && script !== "ci") return !(script in packageJson.scripts);
      const word = /^[A-Z][A-Z_]+(?==|$)/.exec(code)?.[0];
      return word !== undefined && !known.has(word);
    });
    expect(unknown).toEqual([]);
  });
});

async function readSources(): Promise<string> {
  const files = await Array.fromAsync(glob(["src/**/*.ts", "tests/support/*.ts", "compose.yaml"], { cwd: ROOT }));
  return (await Promise.all(files.map((file) => readFile(path.join(ROOT, file), "utf8")))).join("\n");
}

describe("the README", () => {
  const readme = pages.find(({ file }) => file === "README.md");

  it("lists every variable that can be set, with its default", () => {
    const rows = [...(readme?.prose ?? "").matchAll(/^\| `([A-Z_]+)`\s*\|\s*(?:`([^`]+)`|–)/gm)];
    const defaults = new Map(rows.map(([, name = "", value]) => [name, value]));
    expect([...defaults.keys()].toSorted()).toEqual([...variables.keys()].toSorted());
    const { host, port, dataDir, anthropic, clientLimits, runHistoryDays, logLevel } = readConfig({});
    expect(Object.fromEntries(defaults)).toMatchObject({
      HOST: host,
      PORT: String(port),
      DATA_DIR: path.relative(process.cwd(), dataDir),
      MODEL: anthropic.model,
      EFFORT: anthropic.effort,
      MAX_SOCKETS: String(clientLimits.maxSockets),
      MAX_OPERATIONS_PER_SOCKET: String(clientLimits.maxOperations),
      MAX_MESSAGE_BYTES: String(clientLimits.maxMessageBytes),
      INIT_TIMEOUT_SECONDS: String(clientLimits.initTimeoutMs / 1_000),
      PING_INTERVAL_SECONDS: String(clientLimits.pingIntervalMs / 1_000),
      RUN_HISTORY_DAYS: String(runHistoryDays),
      LOG_LEVEL: logLevel,
      ACCESS: undefined,
      DATABASE_URL: undefined,
      GENERATOR: undefined,
    });
  });

  it.each([
    ["An import", LIMITS.import, ["ImportBacklogInput.content"]],
    ["An import", LIMITS.importedStories, ["ImportBacklogInput.content"]],
    ["`dependsOn`", LIMITS.references, ["CreateSubtaskInput.dependsOn", "UpdateSubtaskInput.dependsOn"]],
    ["`coversCriteria`", LIMITS.references, ["CreateSubtaskInput.coversCriteria", "UpdateSubtaskInput.coversCriteria"]],
    ["An idempotency key", LIMITS.idempotencyKey, ["StartGenerateSubtasksInput.idempotencyKey"]],
  ])("tells of %s that the most is %i, as the schema does of %j", (what, limit, fields) => {
    const row = readme?.prose.split("\n").find((line) => line.startsWith("|") && line.includes(what));
    expect(row).toContain(` ${counted(limit)} `);
    const schema = buildSchema(sdl);
    for (const [type = "", field = ""] of fields.map((name) => name.split("."))) {
      const { [field]: described } = assertInputObjectType(schema.getType(type)).getFields();
      expect(described?.description).toContain(`p to ${counted(limit)} `);
    }
  });

  it("shows the client for watching as it is in examples/", async () => {
    const shown = readme?.blocks.find(({ language }) => language === "ts")?.text;
    expect(shown).toBe(await readFile(path.join(ROOT, "examples/watch-run.ts"), "utf8"));
  });

  it("says how to try and to test it on its first screen", () => {
    const [first] = readme?.blocks ?? [];
    expect(first?.line).toBeLessThan(10);
    expect(first?.text).toBe("npm ci && npm run demo\nnpm ci && npm test\n");
  });
});

describe("docs/metrics.md", () => {
  it("lists exactly the metrics that are served, with their types and labels", async () => {
    const app = await startTestApp({ generator: createOutlineGenerator() });
    const { epicId } = await app.backlog(["As a reader, I want to search, so that I find"]);
    await app.watchToEnd(await app.start(epicId));
    const { types, labels } = await scrape(app.app.url);
    await app.close();
    const prose = pages.find(({ file }) => file === path.join("docs", "metrics.md"))?.prose ?? "";
    const rows = [...prose.matchAll(/^\| `([a-z0-9_]+)`\s*\| (\w+)\s*\| ([^|]*?)\s*\|/gm)];
    expect(rows.map(([, name, type]) => [name, type]).toSorted()).toEqual([...types].toSorted());
    const listed = new Map(rows.map(([, name = "", , told = ""]) => [name, told.replaceAll(/[` ]/g, "").split(",")]));
    for (const [name, told] of labels) expect(listed.get(name)).toEqual(told);
  });
});

describe("docs/architecture.md", () => {
  it("has every room of src/", async () => {
    const entries = await readdir(path.join(ROOT, "src"), { withFileTypes: true });
    const rooms = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    const prose = pages.find(({ file }) => file === path.join("docs", "architecture.md"))?.prose;
    for (const room of rooms) expect(prose).toMatch(new RegExp(`^\\| \`${room}\``, "m"));
  });
});
