import { once } from "node:events";
import { access, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import pg from "pg";
import { afterEach, describe, expect, it } from "vitest";
import { signalProcess } from "../../src/database/embedded/signal-process.ts";
import { createFixture, postmasterPid, processesIn, query, waitForFile } from "./embedded-fixture.ts";

const fixture = createFixture();
afterEach(() => fixture.clean());
const UNSAFE = { fsync: "off" };

describe("the embedded server", () => {
  it("serves the database storymill of a new DATA_DIR to whoever has its password, on this machine only", async () => {
    const dataDir = path.join(await fixture.directory(), "new");
    const server = await fixture.start(dataDir, { settings: UNSAFE });

    expect(server.dataDir).toBe(dataDir);
    expect(server.url).toMatch(/^postgresql:\/\/storymill:[\w-]{32}@127\.0\.0\.1:\d+\/storymill$/);
    expect(await query(server.url, "SELECT current_user || ' ' || current_database()")).toEqual([
      "storymill storymill",
    ]);
    expect(
      await query(
        server.url,
        "SELECT concat_ws(' ', datlocprovider, datlocale, pg_encoding_to_char(encoding)) FROM pg_database",
      ),
    ).toEqual(Array(4).fill("b C.UTF-8 UTF8"));
    expect(await query(server.url, "SHOW listen_addresses")).toEqual(["127.0.0.1"]);
    expect(await query(server.url, "SHOW unix_socket_directories")).toEqual([""]);
    expect(await query(server.url, "SELECT DISTINCT auth_method FROM pg_hba_file_rules")).toEqual(["scram-sha-256"]);

    const wrong = new URL(server.url);
    wrong.password = "guessed";
    await expect(query(wrong.href, "SELECT 1")).rejects.toThrow("password authentication failed");
  });

  it("keeps the password for the user alone", async () => {
    const server = await fixture.start(await fixture.directory(), { settings: UNSAFE });
    const file = path.join(server.dataDir, "password");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(file, "utf8")).trim()).toBe(new URL(server.url).password);
  });

  it("finds its data again after a restart, under the same password", async () => {
    const dataDir = await fixture.directory();
    const first = await fixture.start(dataDir, { settings: UNSAFE });
    await query(first.url, "CREATE TABLE kept AS SELECT 'still here' AS text");
    await first.close();
    const second = await fixture.start(dataDir, { settings: UNSAFE });
    expect(await query(second.url, "SELECT text FROM kept")).toEqual(["still here"]);
    expect(new URL(second.url).password).toBe(new URL(first.url).password);
  });

  it("takes a relative DATA_DIR from the working directory", async () => {
    const dataDir = await fixture.directory();
    const server = await fixture.start(path.relative(process.cwd(), dataDir), { settings: UNSAFE });
    expect(server.dataDir).toBe(dataDir);
  });

  it("lets settings be given on top of its own", async () => {
    const server = await fixture.start(await fixture.directory(), { settings: { ...UNSAFE, max_connections: "17" } });
    expect(await query(server.url, "SHOW max_connections")).toEqual(["17"]);
    expect(await query(server.url, "SHOW jit")).toEqual(["off"]);
  });

  it("should be gone with all its processes once closed, clients or not, and closed twice as well", async () => {
    const server = await fixture.start(await fixture.directory(), { settings: UNSAFE });
    const client = new pg.Client({ connectionString: server.url });
    const broken = Promise.withResolvers<Error>();
    client.on("error", broken.resolve);
    await client.connect();
    await Promise.all([server.close(), server.close()]);
    expect(await broken.promise).toMatchObject({ message: expect.stringContaining("administrator command") });
    expect(await processesIn([server.dataDir])).toEqual([]);
    expect(await readdir(server.dataDir)).not.toContain("owner.pid");
    await expect(access(path.join(server.dataDir, "postgres", "postmaster.pid"))).rejects.toThrow("ENOENT");
    await expect(query(server.url, "SELECT 1")).rejects.toThrow("ECONNREFUSED");
  });

  it("says when PostgreSQL ends although nobody closed it", async () => {
    let line = Promise.withResolvers<string>();
    const server = await fixture.start(await fixture.directory(), {
      settings: UNSAFE,
      log: (text) => line.resolve(text),
    });
    line = Promise.withResolvers<string>();
    const pid = await postmasterPid(server.dataDir);
    process.kill(pid, "SIGQUIT");
    expect(await line.promise).toMatch(new RegExp(`PostgreSQL \\(pid ${pid}\\) ended unexpectedly`));
  });

  it("keeps PostgreSQL's own log in a file, and one file of older lines", async () => {
    const dataDir = await fixture.directory();
    const first = await fixture.start(dataDir, { settings: UNSAFE });
    await first.close();
    const log = path.join(first.dataDir, "postgres.log");
    expect(await readFile(log, "utf8")).toContain("database system is shut down");
    await writeFile(log, "x".repeat(1_100_000));
    const second = await fixture.start(dataDir, { settings: UNSAFE });
    expect((await stat(`${log}.1`)).size).toBe(1_100_000);
    expect(await readFile(log, "utf8")).toContain("ready to accept connections");
    await second.close();
  });

  it("tries another port when the one it chose was taken meanwhile", async () => {
    // Every port is taken where it is told to use this one: that it comes to the message shows that it went on trying.
    const occupant = createServer().listen(0, "127.0.0.1");
    await once(occupant, "listening");
    const { port } = occupant.address() as AddressInfo;
    try {
      await expect(
        fixture.start(await fixture.directory(), { settings: { ...UNSAFE, port: String(port) } }),
      ).rejects.toThrow(/could bind none of 5 ports/);
    } finally {
      occupant.close();
    }
  });
});

describe("a server that is killed", () => {
  it("runs again on the port that it had, with what was committed", async () => {
    const lines: string[] = [];
    const dataDir = await fixture.directory();
    const server = await fixture.start(dataDir, { log: (line) => lines.push(line) });
    await query(server.url, "CREATE TABLE kept AS SELECT 7 AS number");
    for (const pid of await processesIn([dataDir])) signalProcess(pid, "SIGKILL");
    await expect.poll(() => query(server.url, "SELECT number FROM kept").catch(() => [])).toEqual([7]);
    expect(lines.filter((line) => /ended unexpectedly|runs again/.test(line))).toHaveLength(2);
    await server.close();
    expect(await processesIn([dataDir])).toEqual([]);
  });

  it("runs again also where it outlived the Storymill that started it", async () => {
    const dataDir = await fixture.directory();
    const child = fixture.child(dataDir);
    await child.started;
    await child.kill();
    const server = await fixture.start(dataDir);
    for (const pid of await processesIn([dataDir])) signalProcess(pid, "SIGKILL");
    await expect.poll(() => query(server.url, "SELECT 1").catch(() => [])).toEqual([1]);
  });

  it("is not started again once it is closed, even in the middle of that", async () => {
    const dataDir = await fixture.directory();
    const ended = Promise.withResolvers<void>();
    const server = await fixture.start(dataDir, {
      log: (line) => line.includes("ended unexpectedly") && ended.resolve(),
    });
    for (const pid of await processesIn([dataDir])) signalProcess(pid, "SIGKILL");
    await ended.promise;
    await server.close();
    // A process that the killed server had just begun ends by itself; a server that was started again would not.
    await expect.poll(() => processesIn([dataDir])).toEqual([]);
  });
});

describe("a start that is aborted", () => {
  it("should leave neither a process nor a half-made database when it was making one", async () => {
    const dataDir = await fixture.directory();
    const aborted = new AbortController();
    const start = fixture.start(dataDir, { signal: aborted.signal, settings: UNSAFE });
    const rejected = expect(start).rejects.toThrow("no longer wanted");
    await waitForFile(dataDir, (name) => name.startsWith("postgres.new-"));
    aborted.abort(new Error("no longer wanted"));
    await rejected;
    expect(await processesIn([dataDir])).toEqual([]);
    expect((await readdir(dataDir)).toSorted()).toEqual(["owner.lock", "password"]);
    const server = await fixture.start(dataDir, { settings: UNSAFE });
    expect(await query(server.url, "SELECT 1")).toEqual([1]);
  });

  it("should stop the server that was already starting", async () => {
    const dataDir = await fixture.directory();
    await (await fixture.start(dataDir, { settings: UNSAFE })).close();
    const aborted = new AbortController();
    const seen = waitForFile(path.join(dataDir, "postgres"), (name) => name === "postmaster.pid");
    const start = fixture.start(dataDir, { signal: aborted.signal, settings: UNSAFE });
    const rejected = expect(start).rejects.toThrow("no longer wanted");
    await seen;
    aborted.abort(new Error("no longer wanted"));
    await rejected;
    expect(await processesIn([dataDir])).toEqual([]);
  });

  it("does nothing where it was aborted before", async () => {
    const dataDir = await fixture.directory();
    const signal = AbortSignal.abort(new Error("no longer wanted"));
    await expect(fixture.start(dataDir, { signal })).rejects.toThrow("no longer wanted");
    expect(await readdir(dataDir)).toEqual([]);
  });
});
