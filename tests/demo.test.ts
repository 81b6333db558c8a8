import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { createTestDatabaseUrl } from "./support/database.ts";
import { ROOT } from "./support/markdown.ts";
import { isInstalled, startProgram } from "./support/program.ts";

const DEMO = path.join(ROOT, "scripts/demo.ts");
const hasPseudoTerminal = process.platform === "linux" && (await isInstalled("script"));
const STORIES = ["As a guest, I want to book a table, so that I have one", "As a host, I want to see all bookings"];

/** An empty directory to start the demo in, which is its DATA_DIR's place too. */
async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), "storymill-demo-"));
  // Where root runs the tests, PostgreSQL runs as nobody.
  await chmod(directory, 0o755);
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

describe("npm run demo", () => {
  it(
    "splits its stories on a database of its own, and in a pipe tells so in plain lines",
    { timeout: 60_000 },
    async () => {
      const { code, stdout, stderr } = await startProgram(process.execPath, [DEMO], { cwd: await makeDirectory() })
        .ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).not.toMatch(/[^\P{Cc}\n]/u);
      const stories = (await readFile(path.join(ROOT, "examples/backlog.txt"), "utf8")).trim().split("\n");
      const done = [...stdout.matchAll(/^✔ (S\d+) .*\d+ subtasks/gm)].map(([, storyCode]) => storyCode);
      expect(done.toSorted()).toEqual(stories.map((_, index) => `S${index + 1}`).toSorted());
      expect(stdout).toMatch(/^ {3}ST1 +\S/m);
      expect(stdout).toMatch(/^SUCCEEDED: 12 of 12 stories/m);
    },
  );

  it("splits the stories of a file, and shows none of the control characters in it", async () => {
    const directory = await makeDirectory();
    await writeFile(path.join(directory, "mine.txt"), [...STORIES, "\u001b[31mDanger\u001b[0m \u0007"].join("\n"));
    const { code, stdout } = await startProgram(process.execPath, [DEMO, "--stories", "mine.txt"], {
      cwd: directory,
      env: { DATABASE_URL: await createTestDatabaseUrl() },
    }).ended;
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/[^\P{Cc}\n]/u);
    expect(stdout).toMatch(/^SUCCEEDED: 3 of 3 stories/m);
  });

  it.each([
    [
      "a file that is not there",
      ["--stories", "nowhere.txt"],
      /^The file nowhere\.txt cannot be read: there is no such file\./,
    ],
    ["a directory", ["--stories", "."], /^The file \. cannot be read: EISDIR\./],
    ["an option that it does not have", ["--storys", "a.txt"], /^Unknown option '--storys'/],
  ])("says in one line what is wrong with %s, and ends with 1", async (_what, args, message) => {
    const { code, stdout, stderr } = await startProgram(process.execPath, [DEMO, ...args], { cwd: tmpdir() }).ended;
    expect({ code, stdout, lines: stderr.match(/\n/g)?.length }).toEqual({ code: 1, stdout: "", lines: 1 });
    expect(stderr).toMatch(message);
  });

  it("says what to do where it cannot keep its data", async () => {
    const directory = await makeDirectory();
    await writeFile(path.join(directory, ".storymill"), "");
    const { code, stderr } = await startProgram(process.execPath, [DEMO], { cwd: directory }).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^DATA_DIR .*: set DATA_DIR to a directory of your own, or set DATABASE_URL\n$/);
  });

  it("closes what it started when it is interrupted", async () => {
    const env = { DATABASE_URL: await createTestDatabaseUrl() };
    const demo = startProgram(process.execPath, [DEMO], { cwd: await makeDirectory(), env });
    await demo.says(/✔ S1 /);
    demo.kill("SIGINT");
    const { code, stdout, stderr } = await demo.ended;
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).toMatch(/\nStopping\. .*\n$/);
  });

  const without = hasPseudoTerminal ? "" : " (skipped: no `script` of util-linux)";
  it.skipIf(!hasPseudoTerminal)(
    `shows a progress bar on a terminal, whose cursor and wrapping it leaves as they were${without}`,
    async () => {
      const directory = await makeDirectory();
      await writeFile(path.join(directory, "mine.txt"), STORIES.join("\n"));
      const command = `"${process.execPath}" "${DEMO}" --stories mine.txt`;
      const { code, stdout } = await startProgram("script", ["-qec", command, "/dev/null"], {
        cwd: directory,
        env: { DATABASE_URL: await createTestDatabaseUrl(), TERM: "xterm-256color" },
      }).ended;
      expect(code).toBe(0);
      const plain = stripVTControlCharacters(stdout);
      expect(plain).toMatch(/\r░+ 0\/2 stories/);
      expect(plain).toMatch(/\r█+░+ 1\/2 stories, \d+ subtasks, about \d s left/);
      expect(stdout.lastIndexOf("\u001b[?7h")).toBeGreaterThan(stdout.lastIndexOf("\u001b[?7l"));
      // The bar is wiped before the next line is written: nothing of it stays between the lines.
      for (const line of stdout.split("\n")) expect(line.split("\r\u001b[2K").at(-1)).not.toMatch(/[█░]/);
    },
  );
});
