// npm run migration -- NAME: writes the SQL that leads from the migrations to prisma/schema.prisma into a new migration.
// Read it, add what the model's language cannot say, and say there which program is the oldest that may run on it.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEmbeddedServer } from "../src/database/embedded/embedded-server.ts";
import { openSchemaEngine, PRISMA_DIRECTORY } from "../src/database/schema-engine.ts";

const name = process.argv[2];
if (!name || !/^[a-z0-9_]+$/.test(name)) {
  console.error("Give the migration a name of a-z, 0-9 and _: npm run migration -- add_labels");
  process.exit(1);
}
const dataDir = await mkdtemp(path.join(tmpdir(), "storymill-migration-"));
const server = await startEmbeddedServer({ dataDir, log: () => {} });
try {
  const engine = await openSchemaEngine(server.url);
  await engine.apply();
  const sql = await engine.difference();
  if (sql === "") {
    console.log("The migrations already lead to the model.");
  } else {
    const stamp = new Date().toISOString().replaceAll(/\D/g, "").slice(0, 14);
    const directory = new URL(`migrations/${stamp}_${name}/`, PRISMA_DIRECTORY);
    await mkdir(directory, { recursive: true });
    await writeFile(new URL("migration.sql", directory), sql);
    console.log(`prisma/migrations/${stamp}_${name}/migration.sql`);
  }
  await engine.close();
} finally {
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
}
