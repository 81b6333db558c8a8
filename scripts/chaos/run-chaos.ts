import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createApi } from "./api.ts";
import { checkHistory } from "./check/check-history.ts";
import { startFlakyDatabase } from "./database.ts";
import { createDisplay, type Display } from "./display.ts";
import { waitWhileItMoves } from "./ending.ts";
import { type Faults, startFaults } from "./faults.ts";
import type { History } from "./history.ts";
import { createLedger } from "./ledger.ts";
import { watchMachine } from "./machine.ts";
import { type People, startPeople } from "./people.ts";
import { findPorts } from "./ports.ts";
import { startProbes } from "./probes.ts";
import { createSlot, type Slot } from "./processes.ts";
import { startFlakyProvider } from "./provider.ts";
import { createRandom } from "./random.ts";
import { readLogs } from "./read-logs.ts";
import { readActiveRuns, readStored } from "./read-stored.ts";
import { figuresOf } from "./figures.ts";
import { createTimeline } from "./timeline.ts";
import type { Violation } from "./violations.ts";

/** How long a run, a watcher or a job may stand as it is once nothing goes wrong any more: then it is stuck. */
const RUNS_MS = 90_000;
const WATCHERS_MS = 30_000;
/** A job whose run was cancelled after its worker had died is taken away within a minute, and a heartbeat. */
const JOBS_MS = 90_000;
/** More that differ in ids and numbers only are counted, and not printed. */
const PRINTED = 3;

export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: string;
  readonly api: number;
  readonly workers: number;
  /** Whether what was recorded stays also where everything held. */
  readonly keep: boolean;
}

/** Does it all. @returns whether everything held */
export async function runChaos({ minutes, seed, api: apis, workers, keep }: ChaosOptions): Promise<boolean> {
  const display = createDisplay(process.stdout);
  display.line(`seed ${seed}: ${minutes} min, ${apis} API processes, ${workers} workers`);
  const violations: Violation[] = [];
  const printed = new Map<string, number>();
  const report = (violation: Violation): void => {
    // What is seen while it happens is found again in the end.
    if (violations.some(({ kind, text }) => kind === violation.kind && text === violation.text)) return;
    violations.push(violation);
    const alike = `${violation.kind} ${violation.text.replaceAll(/[0-9a-f]*\d[0-9a-f]*/gu, "")}`;
    const times = (printed.get(alike) ?? 0) + 1;
    printed.set(alike, times);
    if (times <= PRINTED) display.line(`VIOLATION (${violation.kind}): ${violation.text}`);
  };
  const interrupted = new AbortController();
  const hurry = interrupted.signal;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      display.line("Stopping; nothing is checked.");
      interrupted.abort();
    });

  const directory = await mkdtemp(path.join(tmpdir(), "storymill-chaos-"));
  // PostgreSQL's account, where this is root, must get through.
  await chmod(directory, 0o755);
  const logs = path.join(directory, "logs");
  await mkdir(logs);
  let held = false;
  await using parts = new AsyncDisposableStack();
  parts.defer(async () => {
    if (held && !keep) await rm(directory, { recursive: true, force: true });
    else
      display.line(`What was recorded is in ${directory}; again: npm run chaos -- --minutes ${minutes} --seed ${seed}`);
  });

  const random = createRandom(seed);
  const machine = watchMachine();
  parts.defer(() => machine.close());
  const timeline = createTimeline(machine.stalls);
  // Not from the seed: two at once with one seed would meet.
  const [databasePort = 0, providerPort = 0, ...ports] = await findPorts(
    2 + apis + workers,
    createRandom(crypto.randomUUID()),
  );
  const database = await startFlakyDatabase({
    directory: path.join(directory, "data"),
    port: databasePort,
    timeline,
    hurry,
  });
  parts.defer(() => database.close());
  const provider = await startFlakyProvider(providerPort, random.fork("provider"));
  parts.defer(() => provider.close());

  const env = { DATABASE_URL: database.url, ANTHROPIC_BASE_URL: provider.baseURL, ANTHROPIC_API_KEY: "loopback" };
  const slots = ports.map((port, index): Slot => {
    const role = index < apis ? "api" : "worker";
    const name = role === "api" ? `api-${index + 1}` : `worker-${index - apis + 1}`;
    return createSlot({ name, role, port, env, logFile: path.join(logs, `${name}.log`), timeline, hurry, report });
  });
  parts.defer(async () => void (await Promise.all(slots.map((slot) => slot.close()))));
  await Promise.all(slots.map((slot) => slot.start()));

  const apiSlots = slots.filter(({ role }) => role === "api");
  const urls = apiSlots.map(({ url }) => url);
  const ledger = createLedger();
  const api = createApi({ slots: apiSlots, timeline, random: random.fork("requests"), report });
  const people = await startPeople({ api, urls, ledger, random: random.fork("people"), report });
  parts.defer(() => people.close());
  const forMs = minutes * 60_000;
  const faults = startFaults({ slots, database, provider, people, random: random.fork("faults"), forMs });
  const probes = startProbes({ slots, timeline, random: random.fork("probes"), report });
  parts.defer(async () => void (await Promise.all([faults.stop(), probes.stop()])));

  const began = Date.now();
  await goOn(forMs, () => describe(began, people, faults, violations), display, hurry);
  if (hurry.aborted) return false;

  display.line("No more faults. Everything comes back …");
  await faults.stop();
  await provider.calm();
  await people.stop();
  display.line("Waiting for runs to end …");
  await waitWhileItMoves(async () => {
    const active = await readActiveRuns(database.url);
    const { length } = active;
    if (length > 0) display.progress(`${describe(began, people, faults, violations)}, ${length} runs still active`);
    return active.map(({ id, seq }) => `${id} ${seq}`);
  }, RUNS_MS);
  await waitWhileItMoves(async () => {
    const waiting = people.watchers.map(({ record }) => record).filter(({ end }) => end === "waiting");
    return waiting.map(({ name, seen }) => `${name} ${seen.length}`);
  }, WATCHERS_MS);
  let stored = await readStored(database.url);
  // What is judged is what was looked at: a run that was just given to the workers may have ended meanwhile.
  await waitWhileItMoves(async () => (stored = await readStored(database.url)).jobs, JOBS_MS);
  const history: History = {
    stored,
    watches: people.watchers.map(({ record }) => record),
    ledger,
    interruptions: faults.interruptions,
    changes: timeline.changes,
    stalls: machine.stalls,
  };
  await Promise.all([people.close(), probes.stop()]);
  await Promise.all(slots.map((slot) => slot.close()));
  const { violations: found, takeovers } = checkHistory(history);
  for (const violation of [...found, ...(await readLogs(logs))]) report(violation);
  if (provider.unknown > 0)
    throw new Error(`${provider.unknown} calls of the provider could not be told to their run.`);
  display.summary(figuresOf({ history, faults: faults.counts, provider, api, people, probes, takeovers }), violations);
  held = violations.length === 0;
  if (!held || keep) await write(directory, history, violations);
  display.line(held ? `\nEverything held (seed ${seed}).` : `\n${violations.length} violations (seed ${seed}).`);
  return held;
}

/** Lets things happen for so long. */
async function goOn(ms: number, describe: () => string, display: Display, signal: AbortSignal): Promise<void> {
  for (const end = Date.now() + ms; Date.now() < end && !signal.aborted;) {
    display.progress(describe());
    await wait(Math.min(1_000, end - Date.now()), undefined, { signal }).catch(() => {});
  }
}

function describe(began: number, people: People, { counts }: Faults, violations: readonly Violation[]): string {
  const seconds = Math.round((Date.now() - began) / 1_000);
  const records = people.watchers.map(({ record }) => record);
  const runs = new Set(records.map(({ runId }) => runId)).size;
  const deliveries = records.reduce((sum, { seen }) => sum + seen.length, 0);
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  const { kills, halts, cuts } = counts;
  const { restarts, crashes, pauses } = counts.database;
  return `${time}  ${runs} runs, ${deliveries} deliveries; ${kills} kills, ${halts} stops, ${restarts + crashes} database restarts, ${pauses} pauses, ${cuts} sockets cut; ${violations.length} violations`;
}

/** Everything that the judgement was made from. */
async function write(directory: string, history: History, violations: readonly Violation[]): Promise<void> {
  const text = JSON.stringify({ violations, history }, (_key, value: unknown) =>
    value instanceof Map ? Object.fromEntries(value) : value instanceof Set ? [...value] : value,
  );
  await writeFile(path.join(directory, "history.json"), text);
}
