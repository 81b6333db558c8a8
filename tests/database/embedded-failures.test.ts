import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { EmbeddedServerError } from "../../src/database/embedded/embedded-server.ts";
import { createFixture, isOpen, isRoot, NOBODY, processesIn, query } from "./embedded-fixture.ts";

const fixture = createFixture();
afterEach(() => fixture.clean());
const UNSAFE = { fsync: "off" };

/** Why a start fails: it has to be one line of the error that was promised, and to leave nothing running. */
async function reason(dataDir: string, settings: Record<string, string> = {}): Promise<string> {
  const error: unknown = await fixture.start(dataDir, { settings: { ...UNSAFE, ...settings } }).then(
    () => "it started",
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof EmbeddedServerError)) throw error;
  expect(error.message).not.toContain("\n");
  expect(await processesIn([dataDir])).toEqual([]);
  return error.message;
}

describe("a start that cannot succeed says why, and what to do", () => {
  it("DATA_DIR is a file", async () => {
    const file = path.join(await fixture.directory(), "file");
    await writeFile(file, "");
    expect(await reason(file)).toBe(
      `DATA_DIR (${file}) is a file, or lies below one: set DATA_DIR to a directory of your own, or set DATABASE_URL`,
    );
    expect(await reason(path.join(file, "below"))).toContain("is a file, or lies below one");
  });

  it.skipIf(isRoot && !isOpen)("DATA_DIR cannot be written", async () => {
    const directory = await fixture.directory({ mode: 0o555 });
    const dataDir = path.join(directory, "data");
    const message = `DATA_DIR (${dataDir}) cannot be written (EACCES): set DATA_DIR to a directory of your own, or set DATABASE_URL`;
    if (isRoot) {
      const { error } = await fixture.child(dataDir, NOBODY).started;
      expect(error).toBe(`EmbeddedServerError: ${message}`);
      expect((await fixture.child(directory, NOBODY).started).error).toContain("cannot be written (EACCES)");
    } else {
      expect(await reason(dataDir)).toBe(message);
      expect(await reason(directory)).toContain("cannot be written (EACCES)");
    }
  });

  it.runIf(process.platform === "linux")("DATA_DIR cannot be made", async () => {
    for (const dataDir of ["/proc/storymill", "/proc/storymill/below"])
      expect(await reason(dataDir)).toBe(
        `DATA_DIR (${dataDir}) cannot be written (ENOENT): set DATA_DIR to a directory of your own, or set DATABASE_URL`,
      );
  });

  it("DATA_DIR cannot be locked", async () => {
    const dataDir = await fixture.directory();
    await mkdir(path.join(dataDir, "owner.lock"));
    expect(await reason(dataDir)).toContain(`DATA_DIR (${dataDir}) cannot be locked`);
  });

  it("the database was made by another major version", async () => {
    const dataDir = await fixture.directory();
    await (await fixture.start(dataDir, { settings: UNSAFE })).close();
    const versionFile = path.join(dataDir, "postgres", "PG_VERSION");
    await writeFile(versionFile, "17\n");
    expect(await reason(dataDir)).toBe(
      `the database in DATA_DIR (${dataDir}) was made by PostgreSQL 17, this Storymill comes with 18: go on with the Storymill that made it, or set another DATA_DIR or DATABASE_URL`,
    );
    await writeFile(versionFile, "18\n");
    expect(await query((await fixture.start(dataDir, { settings: UNSAFE })).url, "SELECT 1")).toEqual([1]);
  });

  it("its password is lost", async () => {
    const dataDir = await fixture.directory();
    await (await fixture.start(dataDir, { settings: UNSAFE })).close();
    await rm(path.join(dataDir, "password"));
    expect(await reason(dataDir)).toMatch(/the password of the database .* is lost, .*password is missing/);
    await writeFile(path.join(dataDir, "password"), "another");
    expect(await reason(dataDir)).toMatch(
      /^the database in DATA_DIR \(.*\) does not accept the password kept with it: put back .*password, or set/,
    );
  });

  it("something else is where the database belongs, which stays as it is", async () => {
    const dataDir = await fixture.directory();
    await mkdir(path.join(dataDir, "postgres"));
    await writeFile(path.join(dataDir, "postgres", "diary"), "");
    if (isRoot) await chmod(path.join(dataDir, "postgres"), 0o777);
    expect(await reason(dataDir)).toContain("is there but holds no PostgreSQL database: move it away");
    expect((await readdir(dataDir)).toSorted()).toEqual(["owner.lock", "password", "postgres"]);
    expect(await readdir(path.join(dataDir, "postgres"))).toEqual(["diary"]);
  });

  it("PostgreSQL refuses, in its own last words", async () => {
    const dataDir = await fixture.directory();
    expect(await reason(dataDir, { shared_buffers: "plenty" })).toMatch(
      /^PostgreSQL did not start with the database in DATA_DIR \(.*\): invalid value for parameter "shared_buffers": "plenty"; see .*postgres\.log, or set another DATA_DIR or DATABASE_URL$/,
    );
    await rm(path.join(dataDir, "postgres", "global", "pg_control"));
    expect(await reason(dataDir)).toMatch(/^PostgreSQL did not start .*pg_control.*No such file or directory/);
  });

  it("no address can be bound", async () => {
    expect(await reason(await fixture.directory(), { listen_addresses: "192.0.2.1" })).toMatch(
      /^PostgreSQL could bind none of 5 ports on this machine's loopback address: see .*postgres\.log/,
    );
  });

  it("and a start after the cause is gone succeeds", async () => {
    const dataDir = await fixture.directory();
    await reason(dataDir, { shared_buffers: "plenty" });
    expect(await query((await fixture.start(dataDir, { settings: UNSAFE })).url, "SELECT 1")).toEqual([1]);
  });
});
