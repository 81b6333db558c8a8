import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createFixture, isRoot, NOBODY, postmasterPid, processesIn, query, waitForFile } from "./embedded-fixture.ts";

const fixture = createFixture();
afterEach(() => fixture.clean());
const UNSAFE = { fsync: "off" };

describe("two Storymills on one DATA_DIR", () => {
  it("started at once: one serves, the other says which process is there and what to do", async () => {
    const dataDir = await fixture.directory();
    const children = [fixture.child(dataDir), fixture.child(dataDir)];
    const starts = await Promise.all(children.map((child) => child.started));
    const winner = starts.findIndex((start) => start.url);
    const loser = starts[1 - winner];
    expect(loser?.url).toBeUndefined();
    expect(loser?.error).toBe(
      `EmbeddedServerError: another Storymill (pid ${children[winner]?.process.pid}) uses DATA_DIR (${dataDir}): stop it, or set another DATA_DIR or DATABASE_URL`,
    );
    expect(await query(starts[winner]?.url ?? "", "SELECT 1")).toEqual([1]);
  });

  it("the second is refused however often it tries, and serves once the first has ended", async () => {
    const dataDir = await fixture.directory();
    const first = fixture.child(dataDir);
    await first.started;
    for (let attempt = 0; attempt < 3; attempt++)
      await expect(fixture.start(dataDir)).rejects.toThrow(`another Storymill (pid ${first.process.pid}) uses`);
    await first.end();
    const second = await fixture.start(dataDir);
    expect(await query(second.url, "SELECT 1")).toEqual([1]);
  });

  it("in one process: the second is refused, which takes nothing from the first", async () => {
    const dataDir = await fixture.directory();
    const first = await fixture.start(dataDir, { settings: UNSAFE });
    for (let attempt = 0; attempt < 3; attempt++)
      await expect(fixture.start(dataDir)).rejects.toThrow(`another Storymill (pid ${process.pid}) uses`);
    expect((await fixture.child(dataDir).started).error).toContain(`another Storymill (pid ${process.pid}) uses`);
    expect(await query(first.url, "SELECT 1")).toEqual([1]);
  });

  it("one by another path to it is refused as well", async () => {
    const dataDir = await fixture.directory();
    const first = await fixture.start(dataDir, { settings: UNSAFE });
    const link = path.join(await fixture.directory(), "link");
    await symlink(dataDir, link);
    await expect(fixture.start(link)).rejects.toThrow(`uses DATA_DIR (${link})`);
    expect(await query(first.url, "SELECT 1")).toEqual([1]);
  });
});

describe("after a kill -9", () => {
  it("of Storymill: the next start takes over the running PostgreSQL, and stops it when closed", async () => {
    const dataDir = await fixture.directory();
    const killed = fixture.child(dataDir);
    const { url = "" } = await killed.started;
    await query(url, "CREATE TABLE kept AS SELECT 'still here' AS text");
    const pid = await postmasterPid(dataDir);
    await killed.kill();

    const log = vi.fn();
    const next = await fixture.start(dataDir, { log });
    expect(next.url).toBe(url);
    expect(await postmasterPid(dataDir)).toBe(pid);
    expect(log.mock.lastCall?.[0]).toContain(`was still running on port ${new URL(url).port} (pid ${pid})`);
    expect(await query(next.url, "SELECT text FROM kept")).toEqual(["still here"]);
    expect((await fixture.child(dataDir).started).error).toContain(`another Storymill (pid ${process.pid})`);
    await next.close();
    expect(await processesIn([dataDir])).toEqual([]);
  });

  it("of Storymill while PostgreSQL is starting: the next start waits for it and takes it over", async () => {
    const dataDir = await fixture.directory();
    await (await fixture.start(dataDir, { settings: UNSAFE })).close();
    const seen = waitForFile(path.join(dataDir, "postgres"), (name) => name === "postmaster.pid");
    const killed = fixture.child(dataDir);
    killed.started.catch(() => {});
    await seen;
    await killed.kill();
    const log = vi.fn();
    const next = await fixture.start(dataDir, { log });
    expect(log.mock.lastCall?.[0]).toContain("was still running");
    expect(await query(next.url, "SELECT 1")).toEqual([1]);
  });

  it("of Storymill while PostgreSQL is stopping: the next start waits for its end and starts anew", async () => {
    const dataDir = await fixture.directory();
    const killed = fixture.child(dataDir);
    await killed.started;
    const pid = await postmasterPid(dataDir);
    await killed.kill();
    process.kill(pid, "SIGINT");
    const next = await fixture.start(dataDir);
    expect(await postmasterPid(dataDir)).not.toBe(pid);
    expect(await query(next.url, "SELECT 1")).toEqual([1]);
  });

  it("of Storymill and PostgreSQL in mid-write: nothing that was committed is lost", async () => {
    const dataDir = await fixture.directory();
    const killed = fixture.child(dataDir);
    const { url = "" } = await killed.started;
    await query(url, "CREATE TABLE kept AS SELECT generate_series(1, 10000) AS n");
    // Its process is at work, and notices only afterwards that the server is gone.
    const interrupted = query(url, "BEGIN; INSERT INTO kept SELECT generate_series(1, 1000000)").catch(
      (error: Error) => error,
    );
    const atWork = "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'BEGIN%'";
    await expect.poll(() => query(url, atWork)).toEqual([1]);
    await killed.kill();
    process.kill(await postmasterPid(dataDir), "SIGKILL");
    const next = await fixture.start(dataDir);
    expect(await query(next.url, "SELECT count(*)::int FROM kept")).toEqual([10000]);
    expect(await interrupted).toBeInstanceOf(Error);
  });

  it("of Storymill while it makes the database: the next start makes its own, and removes the half-made", async () => {
    const dataDir = await fixture.directory();
    const killed = fixture.child(dataDir);
    killed.started.catch(() => {});
    const half = await waitForFile(dataDir, (name) => name.startsWith("postgres.new-"));
    await waitForFile(half, (name) => name === "base");
    await killed.kill();
    const next = await fixture.start(dataDir, { settings: UNSAFE });
    expect(await query(next.url, "SELECT 1")).toEqual([1]);
    expect((await readdir(dataDir)).toSorted()).toEqual([
      "owner.lock",
      "owner.pid",
      "password",
      "postgres",
      "postgres.log",
    ]);
  });

  it("what an older one left half-made is removed, however much like a database it looks", async () => {
    const dataDir = await fixture.directory();
    const half = path.join(dataDir, "postgres.new-older");
    await mkdir(path.join(half, "base"), { recursive: true });
    await writeFile(path.join(half, "PG_VERSION"), "18\n");
    const server = await fixture.start(dataDir, { settings: UNSAFE });
    expect(await query(server.url, "SELECT 1")).toEqual([1]);
    expect(await readdir(dataDir)).not.toContain("postgres.new-older");
  });
});

describe("a postmaster.pid that tells of a past", () => {
  it("should not confuse it when its pid has become another process of the same user", async () => {
    const dataDir = await fixture.directory();
    await (await fixture.start(dataDir, { settings: UNSAFE })).close();
    const stranger = spawn("cat", [], {
      ...(isRoot ? NOBODY : {}),
      cwd: "/",
      stdio: ["pipe", "ignore", "ignore"],
    });
    try {
      await once(stranger, "spawn");
      const cluster = path.join(dataDir, "postgres");
      await writeFile(
        path.join(cluster, "postmaster.pid"),
        `${stranger.pid}\n${cluster}\n1700000000\n1\n\n127.0.0.1\n  1234567 99\nready   \n`,
      );
      const server = await fixture.start(dataDir, { settings: UNSAFE });
      expect(await query(server.url, "SELECT 1")).toEqual([1]);
    } finally {
      stranger.kill();
      await once(stranger, "exit");
    }
  });

  it("should not keep it from starting when it was left empty", async () => {
    const dataDir = await fixture.directory();
    await (await fixture.start(dataDir, { settings: UNSAFE })).close();
    await writeFile(path.join(dataDir, "postgres", "postmaster.pid"), "");
    const server = await fixture.start(dataDir, { settings: UNSAFE });
    expect(await query(server.url, "SELECT 1")).toEqual([1]);
  });

  it("should not lead a copied DATA_DIR to the server of the original", async () => {
    const original = await fixture.directory();
    const copy = await fixture.directory();
    await (await fixture.start(original, { settings: UNSAFE })).close();
    await promisify(execFile)("cp", ["-a", `${original}/.`, copy]);
    const again = await fixture.start(original, { settings: UNSAFE });
    const pidFile = await readFile(path.join(original, "postgres", "postmaster.pid"));
    await writeFile(path.join(copy, "postgres", "postmaster.pid"), pidFile);

    const server = await fixture.start(copy, { settings: UNSAFE });
    expect(new URL(server.url).port).not.toBe(new URL(again.url).port);
    expect(await query(server.url, "SHOW data_directory")).toEqual([path.join(copy, "postgres")]);
  });
});

describe("the terminal", () => {
  it("should not stop PostgreSQL by its Ctrl-C, which Storymill does in order", async () => {
    const dataDir = await fixture.directory();
    const child = fixture.child(dataDir, { detached: true });
    const { url = "" } = await child.started;
    const heard = child.says("SIGINT");
    process.kill(-(child.process.pid ?? Number.NaN), "SIGINT");
    await heard;
    expect(await query(url, "SELECT 1")).toEqual([1]);
    expect(await readFile(path.join(dataDir, "postgres.log"), "utf8")).not.toContain("shutdown");
  });
});
