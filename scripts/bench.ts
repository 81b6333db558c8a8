// npm run bench [-- --only starts|runs|limits|reads]: the figures that Storymill promises, and what its reads take beside the same
// stack used plainly and beside the database alone, all measured in one run on this machine. Takes about two minutes; it
// tells what it measured and fails no build.
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { createDatabase, type Database } from "../src/database/database.ts";
import { startEmbeddedServer } from "../src/database/embedded/embedded-server.ts";
import { migrate } from "../src/database/migrate.ts";
import packageJson from "../package.json" with { type: "json" };
import { CONNECTIONS, createReads, measureRead, type ReadCost, STACKS } from "./bench/reads.ts";
import { measurePacing, OUTPUT_TOKENS_PER_MINUTE, REQUESTS_PER_MINUTE } from "./bench/limits.ts";
import { measureDelays, measureRun } from "./bench/runs.ts";
import { seedBacklog } from "./bench/seed.ts";
import { startServerProcess } from "./bench/server-process.ts";
import { measureStart } from "./bench/starts.ts";
import { median } from "./bench/statistics.ts";
import { createTable } from "./bench/table.ts";

const PARTS = ["starts", "runs", "limits", "reads"] as const;
type Part = (typeof PARTS)[number];

const table = createTable(process.stdout);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: "string" } } });
  const parts = PARTS.filter((part) => values.only === undefined || values.only === part);
  if (parts.length === 0) throw new Error(`There is no part "${values.only}"; there are ${PARTS.join(", ")}.`);
  // Entered by PostgreSQL's own account too, where this runs as root.
  const directory = await mkdtemp(path.join(tmpdir(), "storymill-bench-"));
  await chmod(directory, 0o755);
  try {
    if (parts.includes("starts")) await benchStarts(path.join(directory, "starts"));
    await benchServer(path.join(directory, "server"), parts);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function benchStarts(dataDir: string): Promise<void> {
  table.heading("npm start, until a query is answered");
  const first = await measureStart(dataDir);
  table.row({
    what: "the first, which makes the database",
    figure: seconds(first),
    promise: within(first, 5_000, "5 s"),
  });
  const later = median([await measureStart(dataDir), await measureStart(dataDir), await measureStart(dataDir)]);
  table.row({ what: "a later one", figure: seconds(later), promise: within(later, 2_000, "2 s") });
}

async function benchServer(dataDir: string, parts: readonly Part[]): Promise<void> {
  const settings = { track_commit_timestamp: "on" };
  const postgres = await startEmbeddedServer({ dataDir, log: () => {}, settings });
  try {
    await migrate(postgres.url, packageJson.version);
    const database = createDatabase({ url: postgres.url, onError: () => {} });
    // Connections that are still closing when PostgreSQL stops say so.
    database.pool.on("error", () => {});
    try {
      const [version] = await database.read<{ server_version: string }>("SHOW server_version", []);
      if (parts.includes("runs")) await benchRuns(postgres.url, database);
      if (parts.includes("limits")) await benchLimits(postgres.url, database);
      if (parts.includes("reads")) await benchReads(postgres.url, database);
      table.heading("measured on");
      table.note(
        `${availableParallelism()} cores (${cpus()[0]?.model}), Node ${process.versions.node}, PostgreSQL ${version?.server_version}, Storymill ${packageJson.version}`,
      );
    } finally {
      await database.close();
    }
  } finally {
    await postgres.close();
  }
}

async function benchRuns(url: string, database: Database): Promise<void> {
  const [latency, atOnce, stories] = [200, 32, 200];
  table.heading("runs, watched over a WebSocket");
  // Calls take a moment, so that the watcher is there before the run's end.
  const quick = await startServerProcess("storymill", url, ["100", "64"]);
  await measureDelays(quick, database, { runs: 20, atOnce: 4 });
  const delays = await measureDelays(quick, database, { runs: 200, atOnce: 4 });
  await quick.close();
  table.row({
    what: `terminal event after its commit, p99 of ${delays.count} runs, 4 at once`,
    figure: `${delays.p99.toFixed(1)} ms`,
    promise: within(delays.p99, 25, "25 ms"),
  });
  table.note(`half of them within ${delays.p50.toFixed(1)} ms, the last after ${delays.most.toFixed(1)} ms`);

  const slow = await startServerProcess("storymill", url, [String(latency), String(atOnce)]);
  const { epicId } = await seedBacklog(database, { stories, subtasks: 0 });
  const took: number[] = [];
  for (let i = 0; i < 3; i += 1) took.push(await measureRun(slow, epicId));
  await slow.close();
  const ideal = Math.ceil(stories / atOnce) * latency;
  table.row({
    what: `${stories} stories, ADAPTIVE, ${latency} ms a call, ${atOnce} at once`,
    figure: seconds(median(took)),
    promise: within(median(took), ideal * 1.25, `1.25 × ${seconds(ideal)}`),
  });
}

async function benchLimits(url: string, database: Database): Promise<void> {
  table.heading(
    `ADAPTIVE within ${REQUESTS_PER_MINUTE} requests and ${OUTPUT_TOKENS_PER_MINUTE} output tokens a minute, against the loopback Claude`,
  );
  // Side by side: they wait nearly all of the time.
  const measured = await Promise.all(
    [1, 2].map(async (workers) => {
      const name = `limits_${workers}`;
      await database.prisma.$executeRawUnsafe(`CREATE DATABASE ${name}`);
      return {
        workers,
        ...(await measurePacing(Object.assign(new URL(url), { pathname: name }).href, { workers, runs: 6 })),
      };
    }),
  );
  for (const { workers, stories, tookMs, leastMs, refusedShare, sharing } of measured) {
    const who = workers === 1 ? "one worker" : `${workers} workers on one key`;
    table.row({
      what: `${stories} stories, ${who}, against the least time`,
      figure: `${(tookMs / leastMs).toFixed(2)} ×`,
      promise: within(tookMs / leastMs, 1.2, "1.2 ×"),
    });
    table.row({
      what: "requests answered 429",
      figure: `${(refusedShare * 100).toFixed(1)} %`,
      promise: within(refusedShare, 0.05, "5 %"),
    });
    table.note(`${seconds(tookMs)}; the limits allow ${seconds(leastMs)}; ${sharing} of the workers had runs at once`);
  }
}

async function benchReads(url: string, database: Database): Promise<void> {
  const backlog = await seedBacklog(database, { stories: 20, subtasks: 8 });
  const run = await seedBacklog(database, { stories: 200, subtasks: 0 });
  await database.prisma.$executeRaw`ANALYZE`;
  const servers = {
    storymill: await startServerProcess("storymill", url),
    plain: await startServerProcess("plain", url),
    raw: await startServerProcess("raw", url),
  };
  const names = { storymill: "Storymill", plain: "plain Yoga + Pothos + Prisma", raw: "pg alone, one statement" };
  for (const read of createReads(backlog, run)) {
    const costs = await measureRead(read, servers, { rounds: 3, seconds: 1.5 });
    table.heading(`${read.name}: ${kilobytes(costs.storymill)}, ${CONNECTIONS} connections`);
    for (const stack of STACKS) {
      const { perSecond, cpuMs, statements } = costs[stack];
      table.row({ what: `${names[stack]}: requests a second`, figure: perSecond.toFixed(0) });
      table.note(
        `server CPU ${cpuMs.toFixed(2)} ms a request, ${statements.toFixed(1)} statements; ${(perSecond / costs.plain.perSecond).toFixed(2)} × plain`,
      );
    }
  }
  await Promise.all(Object.values(servers).map((server) => server.close()));
}

function within(measured: number, most: number, text: string) {
  return { text: `within ${text}:`, kept: measured <= most };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function kilobytes({ bytes }: ReadCost): string {
  return `${(bytes / 1000).toFixed(0)} kB`;
}

await main();
