import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";

/** Runs the program in a directory of its own, with these variables only, until it ends. */
async function run(env: Record<string, string>, dotEnv?: string) {
  const directory = await mkdtemp(path.join(tmpdir(), "storymill-main-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  if (dotEnv !== undefined) await writeFile(path.join(directory, ".env"), dotEnv);
  const main = path.resolve(import.meta.dirname, "../src/main.ts");
  const child = spawn(process.execPath, [main], { cwd: directory, env });
  onTestFinished(() => void child.kill("SIGKILL"));
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (output.stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (output.stderr += String(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...output };
}

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
