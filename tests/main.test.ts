import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { createTestDatabaseUrl } from "./support/database.ts";
import { startLoopbackClaude } from "./support/loopback-claude/server.ts";

/** Starts the program in a directory of its own, with these variables only. */
async function start(env: Record<string, string>, dotEnv?: string) {
  const directory = await mkdtemp(path.join(tmpdir(), "storymill-main-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  if (dotEnv !== undefined) await writeFile(path.join(directory, ".env"), dotEnv);
  const child = spawn(process.execPath, [MAIN], { cwd: directory, env });
  onTestFinished(() => void child.kill("SIGKILL"));
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (output.stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (output.stderr += String(chunk)));
  const closed = once(child, "close");
  return {
    child,
    output,
    ended: async () => {
      const [code] = (await closed) as [number | null];
      return { code, ...output };
    },
  };
}

const run = async (env: Record<string, string>, dotEnv?: string) => (await start(env, dotEnv)).ended();
const MAIN = path.resolve(import.meta.dirname, "../src/main.ts");

test("a wrong setting ends the start with 1 and one line, not with a stack", async () => {
  expect(await run({ PORT: "abc" })).toEqual({
    code: 1,
    stdout: "",
    stderr:
      'Storymill cannot start: PORT "abc" is no port. Set it to a whole number from 0 to 65535; 0 takes any free port.\n',
  });
});

test("several wrong settings, from .env too, are told in a line each", async () => {
  const { code, stderr } = await run({ PORT: "abc" }, "PORT=5000\nROLE=boss\nHOST=0.0.0.0\n");
  expect(code).toBe(1);
  const lines = stderr.trimEnd().split("\n");
  expect(lines.map((line) => /^Storymill cannot start: (\w+)/.exec(line)?.[1]).toSorted()).toEqual([
    "HOST",
    "PORT",
    "ROLE",
  ]);
});

test("a port in use ends the start with 1 and one line", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await once(other, "listening");
  const address = other.address();
  const port = address !== null && typeof address === "object" ? String(address.port) : "";
  const env = { PORT: port, DATABASE_URL: await createTestDatabaseUrl(), LOG_LEVEL: "silent" };
  const { code, stdout, stderr } = await run(env);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^Storymill cannot start: Port \d+ on 127\.0\.0\.1 is in use by another program\. .*\n$/);
});

test("a database that cannot be used ends the start with 1 and one line", async () => {
  const tooNew = await createTestDatabaseUrl();
  const client = new pg.Client({ connectionString: tooNew });
  await client.connect();
  await client.query(`UPDATE "Compatibility" SET "oldestProgram" = '99.0.0'`);
  await client.end();
  for (const [env, reason] of [
    [
      { DATABASE_URL: "postgresql://me:hushhush@127.0.0.1:1/storymill" },
      "The database at 127.0.0.1:1/storymill cannot be",
    ],
    [{ DATABASE_URL: tooNew }, "The database is too new for this program: it asks for Storymill 99.0.0 or later,"],
    [{ DATA_DIR: MAIN }, `DATA_DIR (${MAIN}) is a file, or lies below one: set DATA_DIR to`],
  ] as const) {
    const { code, stdout, stderr } = await run({ PORT: "0", ...env });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    const [line, ...more] = stderr.trimEnd().split("\n");
    expect(line).toContain(`Storymill cannot start: ${reason}`);
    expect(line).not.toContain("hushhush");
    expect(more).toEqual([]);
  }
});

test("a program that has started says where it is and what with, never a password, and ends with 0 at SIGTERM", async () => {
  const databaseUrl = await createTestDatabaseUrl();
  const program = await start({ PORT: "0", DATABASE_URL: databaseUrl });
  while (!program.output.stdout.includes("database")) await once(program.child.stdout, "data");
  const { stdout } = program.output;
  const [, url = ""] = /GraphiQL +(http:\/\/127\.0\.0\.1:\d+\/graphql)\n/.exec(stdout) ?? [];
  expect((await fetch(new URL("/healthz", url))).status).toBe(200);
  expect(stdout).toContain("outline: rules, no model");
  program.child.kill("SIGTERM");
  const { code, stderr } = await program.ended();
  expect(code).toBe(0);
  const { password } = new URL(databaseUrl);
  expect(password).not.toBe("");
  expect(stdout + stderr).not.toContain(password);
  // What programs read: plain text on stdout, an object a line on stderr.
  expect(stdout).not.toContain("\u001b");
  for (const line of stderr.trimEnd().split("\n")) expect(JSON.parse(line)).toHaveProperty("msg");
});

test("with Claude it says which model it asks and where, and to be ready it asks nothing", async () => {
  const claude = await startLoopbackClaude();
  onTestFinished(() => claude.close());
  const program = await start({
    PORT: "0",
    DATABASE_URL: await createTestDatabaseUrl(),
    ANTHROPIC_API_KEY: "sk-planted",
    ANTHROPIC_BASE_URL: `${claude.baseURL}/v1/`,
    MODEL: "claude-haiku-5-5",
  });
  while (!program.output.stdout.includes("database")) await once(program.child.stdout, "data");
  const { stdout } = program.output;
  expect(stdout).toContain(`anthropic (claude-haiku-5-5) at ${claude.baseURL}\n`);
  const [, url = ""] = /GraphiQL +(\S+)\n/.exec(stdout) ?? [];
  expect(await (await fetch(new URL("/readyz", url))).json()).toMatchObject({ status: "ready" });
  program.child.kill("SIGTERM");
  const { stderr } = await program.ended();
  expect(stdout + stderr).not.toContain("sk-planted");
  expect([claude.requests.length, claude.counted]).toEqual([0, 0]);
});

test("ACCESS=open is warned of at every start", async () => {
  const { stderr } = await run({ ACCESS: "open", HOST: "192.0.2.1", DATABASE_URL: await createTestDatabaseUrl() });
  expect(stderr).toMatch(/"level":40,.*ACCESS=open: everybody who can reach this server/);
});
