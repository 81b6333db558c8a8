// Part of npm run check: the generated files and schema.graphql are what `npm run generate` makes of the sources, and the
// migrations lead to the data model. What was out of date is brought up to date on the way; exit code 1 says so.
import { spawnSync } from "node:child_process";
import { glob, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEmbeddedServer } from "../src/database/embedded/embedded-server.ts";
import { openSchemaEngine } from "../src/database/schema-engine.ts";

const root = path.join(import.meta.dirname, "..");

async function generatedFiles(): Promise<Map<string, string>> {
  const files = await Array.fromAsync(
    glob(["src/database/generated/**/*.ts", "generated/*.ts", "schema.graphql"], { cwd: root }),
  );
  return new Map(
    await Promise.all(files.map(async (file) => [file, await readFile(path.join(root, file), "utf8")] as const)),
  );
}

async function checkFiles(): Promise<string[]> {
  const before = await generatedFiles();
  const generate = spawnSync("npm", ["run", "--silent", "generate"], { cwd: root, encoding: "utf8" });
  if (generate.status !== 0) return [`npm run generate failed:\n${generate.stdout}${generate.stderr}`];
  const after = await generatedFiles();
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((file) => before.get(file) !== after.get(file))
    .map((file) => `${file} was out of date; it has been generated anew, commit it.`);
}

async function checkMigrations(): Promise<string[]> {
  const dataDir = await mkdtemp(path.join(tmpdir(), "storymill-check-"));
  const server = await startEmbeddedServer({ dataDir, log: () => {}, settings: { fsync: "off" } });
  try {
    const engine = await openSchemaEngine(server.url);
    await engine.apply();
    const sql = await engine.difference();
    await engine.close();
    return sql === ""
      ? []
      : [`The migrations do not lead to prisma/schema.prisma; npm run migration -- NAME writes what lacks:\n${sql}`];
  } finally {
    await server.close();
    await rm(server.dataDir, { recursive: true, force: true });
    await rm(dataDir, { recursive: true, force: true });
  }
}

const findings = [...(await checkFiles()), ...(await checkMigrations())];
for (const finding of findings) console.error(finding);
if (findings.length === 0) console.log("Generated files, schema.graphql and migrations are up to date.");
process.exitCode = findings.length > 0 ? 1 : 0;
