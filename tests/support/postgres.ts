// Vitest's global setup: one PostgreSQL for the whole suite, the embedded one, with a migrated template in it.
import { readFileSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { startEmbeddedServer } from "../../src/database/embedded/embedded-server.ts";
import { migrate } from "../../src/database/migrate.ts";
import { databaseUrl, TEMPLATE } from "./database.ts";

declare module "vitest" {
  export interface ProvidedContext {
    postgresUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(path.join(tmpdir(), "storymill-tests-"));
  const server = await startEmbeddedServer({
    dataDir,
    log: () => {},
    settings: {
      fsync: "off",
      synchronous_commit: "off",
      full_page_writes: "off",
      max_connections: "300",
    },
  });
  // At a signal Vitest ends within a millisecond, and releases nothing that it was given.
  const abandon = () => {
    const [pid] = readFileSync(path.join(server.dataDir, "postgres", "postmaster.pid"), "utf8").split("\n");
    process.kill(Number(pid), "SIGQUIT");
    for (const directory of [server.dataDir, dataDir])
      rmSync(directory, { recursive: true, force: true, maxRetries: 100, retryDelay: 50 });
  };
  const release = async () => {
    process.off("exit", abandon);
    await server.close();
    await rm(server.dataDir, { recursive: true, force: true });
    await rm(dataDir, { recursive: true, force: true });
  };
  process.once("exit", abandon);
  try {
    await makeTemplate(server.url);
  } catch (error) {
    await release();
    throw error;
  }
  project.provide("postgresUrl", server.url);
  return release;
}

async function makeTemplate(serverUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl(serverUrl, "postgres") });
  await client.connect();
  await client.query(`CREATE DATABASE ${TEMPLATE}`);
  await client.end();
  await migrate(databaseUrl(serverUrl, TEMPLATE), "0.1.0");
}
