// npm run bench [-- --only starts|runs|reads|events|fanout]: the figures that Storymill promises, and what its reads take beside the same
// stack used plainly and beside the database alone, all measured in one run on this machine. Takes about a minute; it tells
// what it measured and fails no build.
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { createDatabase, type Database } from "../src/database/database.ts";
import { startEmbeddedServer } from "../src/database/embedded/embedded-server.ts";
import { migrate } from "../src/database/migrate.ts";
import packageJson from "../package.json" with { type: "json" };
import { measureEventRows } from "./bench/event-rows.ts";
import { measureFanOut, WATCHERS } from "./bench/fan-out.ts";
import { IDLE, measureIdle, measurePlainIdle } from "./bench/idle-watchers.ts";
import { CONNECTIONS, createReads, measureRead, STACKS } from "./bench/reads.ts";
import { measureDelays, measureRun } from "./bench/runs.ts";
import { seedBacklog } from "./bench/seed.ts";
import { startServerProcess } from "./bench/server-process.ts";
import { measureStart } from "./bench/starts.ts";
import { median } from "./bench/statistics.ts";
import { createTable } from "./bench/table.ts";

const PARTS = ["starts", "runs", "reads", "events", "fanout"] as const;
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
      if (parts.includes("reads")) await benchReads(postgres.url, database);
      if (parts.includes("events")) await benchEventRows(postgres.url, database);
      if (parts.includes("fanout")) await benchFanOut(postgres.url, database, path.dirname(dataDir));
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
    table.heading(`${read.name}: ${kilobytes(costs.storymill.bytes)}, ${CONNECTIONS} connections`);
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

async function benchFanOut(url: string, database: Database, directory: string): Promise<void> {
  const { perDelivery, ofTheRun, events, bytes, recording } = await measureFanOut(url, database, directory);
  table.heading(`one run to ${WATCHERS} watchers over WebSockets: ${events} events of ${bytes} bytes`);
  const { storymill, plain, raw } = perDelivery;
  table.row({
    what: "Storymill: server CPU a delivery",
    figure: microseconds(storymill),
    promise: within(storymill, raw * 2.5, "2.5 × raw"),
  });
  table.note(`of it ${microseconds(ofTheRun)} for the run itself, which is executed there too`);
  table.row({
    what: "plain Yoga + Pothos + graphql-ws",
    figure: microseconds(plain),
    promise: { text: "at least 2 × Storymill:", kept: plain >= 2 * storymill },
  });
  table.row({ what: "ws alone, the same bytes", figure: microseconds(raw) });

  table.heading(`${IDLE} watchers of one run in which nothing happens, a WebSocket each`);
  const idle = { Storymill: await measureIdle(url, database), plain: await measurePlainIdle(url, recording) };
  for (const [name, { heap, resident }] of Object.entries(idle)) {
    table.row({ what: `${name}: heap and buffers a watcher`, figure: kilobytes(heap) });
    table.note(`${kilobytes(resident)} of the process's resident memory`);
  }
}

async function benchEventRows(url: string, database: Database): Promise<void> {
  table.heading("event rows written by one worker, with the subtasks that they tell of; calls answer at once");
  for (const [name, options] of [
    ["one run of 1,000 stories", { runs: 1, stories: 1_000 }],
    ["8 runs of 200 stories side by side", { runs: 8, stories: 200 }],
  ] as const) {
    const rows = await measureEventRows(url, database, options);
    table.row({ what: `${name}: rows a second`, figure: rows.toFixed(0) });
  }
}

function microseconds(us: number): string {
  return `${us.toFixed(1)} µs`;
}

function within(measured: number, most: number, text: string) {
  return { text: `within ${text}:`, kept: measured <= most };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(0)} kB`;
}

await main();
