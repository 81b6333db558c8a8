// npm run bench [-- --only PART]: the figures that Storymill promises, and what its reads take beside the same stack used
// plainly and beside the database alone, all measured in one run on this machine. Takes some minutes; it tells
// what it measured and fails no build.
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { createDatabase, type Database } from "../src/database/database.ts";
import { startEmbeddedServer } from "../src/database/embedded/embedded-server.ts";
import { migrate } from "../src/database/migrate.ts";
import packageJson from "../package.json" with { type: "json" };
import { measureCaching, measureCancels, measureDrafts } from "./bench/claude.ts";
import { measureReaders } from "./bench/clients.ts";
import { measureEventRows } from "./bench/event-rows.ts";
import { measureFanOut, WATCHERS } from "./bench/fan-out.ts";
import { measureIdleServer } from "./bench/idle.ts";
import { IDLE, measureIdle, measurePlainIdle } from "./bench/idle-watchers.ts";
import { CONNECTIONS, createReads, measureRead, STACKS } from "./bench/reads.ts";
import { measurePacing, OUTPUT_TOKENS_PER_MINUTE, REQUESTS_PER_MINUTE } from "./bench/limits.ts";
import { measureDelays, measureRun } from "./bench/runs.ts";
import { seedBacklog } from "./bench/seed.ts";
import { startServerProcess } from "./bench/server-process.ts";
import { measureStart } from "./bench/starts.ts";
import { median, percentile } from "./bench/statistics.ts";
import { createTable } from "./bench/table.ts";

const PARTS = [
  "starts",
  "idle",
  "runs",
  "processes",
  "claude",
  "limits",
  "clients",
  "reads",
  "events",
  "fanout",
] as const;
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
      if (parts.includes("idle")) await benchIdle(postgres.url, database);
      if (parts.includes("runs")) await benchRuns(postgres.url, database);
      if (parts.includes("processes")) await benchProcesses(postgres.url, database);
      if (parts.includes("claude")) await benchClaude(postgres.url, database);
      if (parts.includes("limits")) await benchLimits(postgres.url, database);
      if (parts.includes("clients")) await benchClients(postgres.url, database);
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

async function benchIdle(url: string, database: Database): Promise<void> {
  table.heading("a server that nobody asks anything of, for 30 s");
  const { cpuPercent, transactionsPerSecond } = await measureIdleServer(url, database, 30);
  table.row({
    what: "CPU of its process",
    figure: `${cpuPercent.toFixed(2)} % of a core`,
    promise: within(cpuPercent, 1, "1 %"),
  });
  table.row({
    what: "transactions a second",
    figure: transactionsPerSecond.toFixed(1),
    promise: within(transactionsPerSecond, 8, "8"),
  });
}

async function benchProcesses(url: string, database: Database): Promise<void> {
  table.heading("one process serves, another works");
  const worker = await startServerProcess("storymill", url, ["100", "64"], "worker");
  const api = await startServerProcess("storymill", url, [], "api");
  await measureDelays(api, database, { runs: 20, atOnce: 4 });
  const delays = await measureDelays(api, database, { runs: 200, atOnce: 4 });
  await api.close();
  await worker.close();
  table.row({
    what: `terminal event after its commit, p99 of ${delays.count} runs, 4 at once`,
    figure: `${delays.p99.toFixed(1)} ms`,
    promise: within(delays.p99, 100, "100 ms"),
  });
  table.note(`half of them within ${delays.p50.toFixed(1)} ms, the last after ${delays.most.toFixed(1)} ms`);
  const cancels = await measureCancels(url, database, { runs: 20, apart: true });
  table.row({
    what: `the worker's calls closed after a cancel, p99 of ${cancels.length} runs`,
    figure: `${percentile(cancels, 0.99).toFixed(1)} ms`,
    promise: within(percentile(cancels, 0.99), 500, "500 ms"),
  });
  table.note(`half of them within ${median(cancels).toFixed(1)} ms`);
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
    `ADAPTIVE within ${REQUESTS_PER_MINUTE} requests and ${OUTPUT_TOKENS_PER_MINUTE} output tokens a minute, in real time, against the loopback Claude`,
  );
  const shapes = [
    { workers: 1, runs: 1, stories: 60 },
    { workers: 2, runs: 10, stories: 6 },
  ].map((shape) => ({ ...shape, name: `limits_${shape.workers}` }));
  for (const { name } of shapes) {
    await database.prisma.$executeRawUnsafe(`CREATE DATABASE ${name}`);
    await migrate(named(url, name), packageJson.version);
  }
  // Side by side: they wait nearly all of the time.
  const measured = await Promise.all(
    shapes.map(async (shape) => ({ ...shape, ...(await measurePacing(named(url, shape.name), shape)) })),
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

async function benchClaude(url: string, database: Database): Promise<void> {
  table.heading("a loopback Claude, 16 calls at once, watched over a WebSocket");
  const drafts = await measureDrafts(url, database, 8);
  const slowest = percentile(drafts, 0.99);
  table.row({
    what: `first draft after its closing brace, p99 of ${drafts.length} stories`,
    figure: `${slowest.toFixed(1)} ms`,
    promise: within(slowest, 50, "50 ms"),
  });
  table.note(
    `half of them within ${median(drafts).toFixed(1)} ms, the last after ${Math.max(...drafts).toFixed(1)} ms`,
  );
  const cancels = await measureCancels(url, database, { runs: 20, apart: false });
  table.row({
    what: `all sockets closed after a cancel, p99 of ${cancels.length} runs`,
    figure: `${percentile(cancels, 0.99).toFixed(1)} ms`,
    promise: within(percentile(cancels, 0.99), 100, "100 ms"),
  });
  table.note(`half of them within ${median(cancels).toFixed(1)} ms`);
  const { fullPrice, all } = await measureCaching(url, database);
  table.row({
    what: "input at full price, 50 stories, 2,000 tokens of context",
    figure: `${((100 * fullPrice) / all).toFixed(1)} %`,
    promise: within(fullPrice / all, 0.4, "40 % of what it is without caching"),
  });
  table.note(`${fullPrice} of ${all} tokens, what is written to the cache included`);
}

async function benchClients(url: string, database: Database): Promise<void> {
  const [readers, stalled, seconds] = [900, 100, 8];
  table.heading(`one run's events to ${readers} readers, four a second`);
  const server = await startServerProcess("storymill", url, ["500", "1"]);
  const alone: number[] = [];
  const beside: number[] = [];
  // Taken in turns, so that what else the machine does falls on both.
  for (let round = 0; round < 3; round += 1) {
    alone.push(...(await measureReaders(server, database, { readers, stalled: 0, seconds })));
    beside.push(...(await measureReaders(server, database, { readers, stalled, seconds })));
  }
  await server.close();
  const [p99, p99Beside] = [percentile(alone, 0.99), percentile(beside, 0.99)];
  table.row({ what: `event to a reader, p99 of ${alone.length}`, figure: `${p99.toFixed(0)} ms` });
  table.row({
    what: `the same beside ${stalled} that never read, p99 of ${beside.length}`,
    figure: `${p99Beside.toFixed(0)} ms`,
    promise: within(p99Beside, 2 * p99, "2 × the figure without them"),
  });
  table.note(`half of them within ${median(alone).toFixed(0)} ms without, ${median(beside).toFixed(0)} ms with`);
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

/** The URL of another database on the same server. */
function named(url: string, name: string): string {
  return Object.assign(new URL(url), { pathname: name }).href;
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
