// What can be told of the image, the compose file and the units without an engine that runs them.
import { existsSync } from "node:fs";
import { cp, glob, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { builtinModules } from "node:module";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { readConfig } from "../src/config.ts";
import { createTestDatabaseUrl } from "./support/database.ts";
import { copiedFrom, readAssignments, readCompose, readDockerfile, readUnit, restOf } from "./support/deployment.ts";
import { ROOT } from "./support/markdown.ts";
import { startProgram } from "./support/program.ts";

const read = (file: string) => readFile(path.join(ROOT, file), "utf8");
const stages = await readDockerfile();
const image = stages.at(-1) ?? [];
const imageEnv = readAssignments(restOf(image, "ENV"));
const services = await readCompose();
const ours = Object.entries(services).filter(([, { build }]) => build !== undefined);

/** Seconds that closing may take before it is cut off (src/process-life.ts). */
const CLOSING = 10;
/** Variables that the program reads, and Node's own. */
const variables = [...(await read(".env.example")).matchAll(/^#([A-Z_]+)=/gm)].map(([, name]) => name);
const unknownOf = (env: object) => Object.keys(env).filter((name) => ![...variables, "NODE_ENV"].includes(name));

interface Locked {
  readonly [flag: string]: unknown;
}
const lock = JSON.parse(await read("package-lock.json")) as { packages: Record<string, Locked> };
/** Whether `npm ci --omit=dev --omit=optional` installs it. */
const isInstalledInImage = (entry: string) =>
  !["dev", "devOptional", "optional", "peer"].some((flag) => lock.packages[entry]?.[flag] === true);

describe("the image", () => {
  it("copies what there is and .dockerignore lets through, and nothing else goes to the engine", async () => {
    const copied = [...new Set(stages.flatMap(copiedFrom))];
    expect(copied.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
    const rules = (await read(".dockerignore")).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(rules[0]).toBe("*");
    expect(rules.slice(1).toSorted()).toEqual(copied.map((file) => `!${file}`).toSorted());
  });

  it("has every package that the program names", async () => {
    const files = await Array.fromAsync(glob("src/**/*.ts", { cwd: ROOT }));
    const text = (await Promise.all(files.map(read))).join("\n");
    const named = [...text.matchAll(/(?:^import |^export .*from |from |import\(|resolve\()"([^"]+)"/gm)];
    const packages = named
      .map(([, specifier = ""]) => specifier)
      .filter((specifier) => !/^(\.|node:)/.test(specifier) && !builtinModules.includes(specifier))
      .map((specifier) => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/"));
    expect(new Set(packages).size).toBeGreaterThan(10);
    for (const name of new Set(packages)) {
      expect(Object.keys(packageJson.dependencies)).toContain(name);
      expect(isInstalledInImage(`node_modules/${name}`), name).toBe(true);
    }
  });

  it("runs the Node.js that the tests run with, not as root", () => {
    const [major] = packageJson.devDependencies.node.split(".");
    for (const stage of stages) expect(restOf(stage, "FROM")).toMatch(new RegExp(`^node:${major}-slim\\b`));
    expect(restOf(image, "USER")).toBe("node");
  });

  it("does not start without ACCESS=open, as everybody reaches it", () => {
    const env = { ...imageEnv, DATABASE_URL: "postgresql://storymill:secret@postgres/storymill" };
    expect(unknownOf(imageEnv)).toEqual([]);
    expect(() => readConfig(env)).toThrow(/^HOST /);
    expect(readConfig({ ...env, ACCESS: "open" })).toMatchObject({ port: Number(restOf(image, "EXPOSE")) });
  });

  it("starts with what it has and no more, says that it is well, and ends with 0 at its stop signal", async () => {
    const directory = await mkdtemp(path.join(tmpdir(), "storymill-image-"));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    for (const file of copiedFrom(image))
      await cp(path.join(ROOT, file), path.join(directory, file), { recursive: true });
    for (const entry of Object.keys(lock.packages)) {
      if (!/^node_modules\/(@[^/]+\/)?[^/]+$/.test(entry) || !isInstalledInImage(entry)) continue;
      await mkdir(path.dirname(path.join(directory, entry)), { recursive: true });
      await symlink(path.join(ROOT, entry), path.join(directory, entry));
    }
    const port = await findFreePort();
    const env = { ...imageEnv, PORT: port, ACCESS: "open", DATABASE_URL: await createTestDatabaseUrl() };
    const [, ...args] = commandOf(restOf(image, "CMD"));
    const program = startProgram(process.execPath, ["--preserve-symlinks", ...args], { cwd: directory, env });
    await program.says(/Storymill is ready/);
    const [, ...check] = commandOf(restOf(image, "HEALTHCHECK"));
    const isWell = async () => (await startProgram(process.execPath, check, { cwd: directory, env }).ended).code;
    expect(await isWell()).toBe(0);
    program.kill("SIGTERM");
    expect(restOf(image, "STOPSIGNAL")).toBe("SIGTERM");
    expect(await program.ended).toMatchObject({ code: 0 });
    expect(await isWell()).toBe(1);
  });
});

describe("compose.yaml", () => {
  it("gives each of our processes what it starts with", () => {
    expect(ours.length).toBeGreaterThan(2);
    for (const [name, { environment }] of ours) {
      expect(unknownOf(environment)).toEqual([]);
      const { role, databaseUrl } = readConfig({ ...imageEnv, ...environment });
      expect(name.startsWith(role), `${name} is ${role}`).toBe(true);
      expect(new URL(databaseUrl ?? "")).toMatchObject({ hostname: "postgres", username: "storymill" });
    }
  });

  it("opens ports on this machine's loopback only", () => {
    const ports = Object.values(services).flatMap((service) => service.ports);
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) expect(port).toMatch(new RegExp(`^127\\.0\\.0\\.1:\\d+:${imageEnv["PORT"]}$`));
  });

  it("leaves time to close, and keeps the database where its image has it", () => {
    for (const [, { stop_grace_period }] of ours)
      expect(Number.parseInt(stop_grace_period, 10)).toBeGreaterThan(CLOSING);
    expect(services["postgres"]).toMatchObject({ image: "postgres:18", volumes: ["database:/var/lib/postgresql"] });
  });
});

describe("the systemd units", async () => {
  const units = { server: await readUnit("storymill.service"), worker: await readUnit("storymill-worker@.service") };
  const lastOf = (unit: keyof typeof units, name: string) => new Map(units[unit]).get(name) ?? "";

  it("set what the program knows, and start the program", () => {
    const server = readAssignments(lastOf("server", "Environment"));
    expect(readConfig(server)).toMatchObject({
      dataDir: `/var/lib/${lastOf("server", "StateDirectory")}`,
      role: "all",
    });
    const worker = readAssignments(lastOf("worker", "ExecStart"));
    expect(readConfig({ ...worker, DATABASE_URL: "postgresql://a@b/c" })).toMatchObject({ role: "worker", port: 4101 });
    expect(unknownOf({ ...server, ...worker })).toEqual([]);
    for (const unit of ["server", "worker"] as const)
      expect(lastOf(unit, "ExecStart")).toMatch(/\/node src\/main\.ts$/);
  });

  it("let Storymill stop its PostgreSQL itself, and leave time for that", () => {
    for (const unit of ["server", "worker"] as const) {
      expect(lastOf(unit, "KillMode")).toBe("mixed");
      expect(Number(lastOf(unit, "TimeoutStopSec"))).toBeGreaterThan(CLOSING);
    }
  });

  it("shut in server and worker alike, not as root", () => {
    const bars = (unit: keyof typeof units) => units[unit].slice(units[unit].findIndex(([name]) => name === "UMask"));
    expect(bars("worker")).toEqual(bars("server"));
    expect(bars("server")).toContainEqual(["ProtectSystem", "strict"]);
    for (const unit of ["server", "worker"] as const) expect(lastOf(unit, "User")).toBe("storymill");
  });
});

/** The words of a command in JSON, as CMD and HEALTHCHECK have it. */
function commandOf(rest: string): string[] {
  return JSON.parse(rest.slice(rest.indexOf("["))) as string[];
}

async function findFreePort(): Promise<string> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  return address !== null && typeof address === "object" ? String(address.port) : "";
}
