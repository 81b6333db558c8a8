// npm run bench [-- --only PART]: the figures that Storymill promises, and what it takes beside the same stack used plainly and
// beside the database or the sockets alone, all measured in one run on this machine. Takes some minutes; it tells what it
// measured and fails no build.
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import packageJson from "../package.json" with { type: "json" };
import { createDatabase } from "../src/database/database.ts";
import { startEmbeddedServer } from "../src/database/embedded/embedded-server.ts";
import { migrate } from "../src/database/migrate.ts";
import type { Bench } from "./bench/bench.ts";
import { benchClaude } from "./bench/parts/claude.ts";
import { benchClients } from "./bench/parts/clients.ts";
import { benchEventRows } from "./bench/parts/event-rows.ts";
import { benchFanOut } from "./bench/parts/fan-out.ts";
import { benchIdle } from "./bench/parts/idle.ts";
import { benchLimits } from "./bench/parts/limits.ts";
import { benchProcesses } from "./bench/parts/processes.ts";
import { benchReads } from "./bench/parts/reads.ts";
import { benchRuns } from "./bench/parts/runs.ts";
import { benchStarts } from "./bench/parts/starts.ts";
import { createTable } from "./bench/table.ts";

const PARTS = new Map<string, (bench: Bench) => Promise<void>>([
  ["starts", benchStarts],
  ["idle", benchIdle],
  ["runs", benchRuns],
  ["processes", benchProcesses],
  ["claude", benchClaude],
  ["limits", benchLimits],
  ["clients", benchClients],
  ["reads", benchReads],
  ["events", benchEventRows],
  ["fanout", benchFanOut],
]);

const USAGE = `npm run bench -- [--only <part>]
  parts: ${[...PARTS.keys()].join(", ")}`;

const options = { only: { type: "string" }, help: { type: "boolean" } } as const;
const { only, help } = parseArgs({ options }).values;
const parts = [...PARTS].filter(([name]) => only === undefined || only === name);
if (help || parts.length === 0) {
  console.log(help ? USAGE : `There is no part "${only}".\n\n${USAGE}`);
  process.exit(help ? 0 : 2);
}

// Entered by PostgreSQL's own account too, where this runs as root.
const directory = await mkdtemp(path.join(tmpdir(), "storymill-bench-"));
await chmod(directory, 0o755);
const settings = { track_commit_timestamp: "on" };
const postgres = await startEmbeddedServer({ dataDir: path.join(directory, "server"), log: () => {}, settings });
try {
  await migrate(postgres.url, packageJson.version);
  const database = createDatabase({ url: postgres.url, onError: () => {} });
  // Connections that are still closing when PostgreSQL stops say so.
  database.pool.on("error", () => {});
  const table = createTable(process.stdout);
  try {
    for (const [, part] of parts) await part({ table, url: postgres.url, database, directory });
    const [version] = await database.read<{ server_version: string }>("SHOW server_version", []);
    table.heading("measured on");
    table.note(
      `${availableParallelism()} cores (${cpus()[0]?.model}), Node ${process.versions.node}, PostgreSQL ${version?.server_version}, Storymill ${packageJson.version}`,
    );
  } finally {
    await database.close();
  }
} finally {
  await postgres.close();
  await rm(directory, { recursive: true, force: true });
}
