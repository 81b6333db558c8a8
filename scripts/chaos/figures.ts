import type { Api } from "./api.ts";
import { type Takeover, type Takeovers, TAKEOVER_MS } from "./check/takeovers.ts";
import type { FaultCounts } from "./faults.ts";
import type { History } from "./history.ts";
import { stalledMs } from "./machine.ts";
import type { People } from "./people.ts";
import type { Probes } from "./probes.ts";
import type { FlakyProvider } from "./provider.ts";

/** The rows of the summary. */
export function figuresOf(parts: {
  readonly history: History;
  readonly faults: FaultCounts;
  readonly provider: FlakyProvider;
  readonly api: Api;
  readonly people: People;
  readonly probes: Probes;
  readonly takeovers: Takeovers;
}): [what: string, figure: string][] {
  const { history, faults, provider, api, people, probes } = parts;
  const { database } = faults;
  const { takeovers, longestMs } = parts.takeovers;
  const { runs, events } = history.stored;
  const ended = (status: string) => runs.filter((run) => run.status === status).length;
  const sum = (of: (watcher: People["watchers"][number]) => number) =>
    people.watchers.reduce((total, watcher) => total + of(watcher), 0);
  const saved = runs.reduce((total, run) => total + run.createdCount, 0);
  const resumed = sum(({ connections }) => Math.max(0, connections - 1));
  return [
    ["processes killed (-9)", String(faults.kills)],
    ["processes stopped and continued", String(faults.halts)],
    ["processes replaced in order (SIGTERM)", String(faults.replacements)],
    ["database: restarts, crashes, pauses", `${database.restarts}, ${database.crashes}, ${database.pauses}`],
    ["  of them a minute away, paused for 30 s", `${database.longOutages}, ${database.longPauses}`],
    ["database connections cut", String(database.connections)],
    ["client sockets cut", String(faults.cuts)],
    ["provider: calls, failed, times away", `${provider.requests}, ${provider.faults}, ${faults.providerAway}`],
    ["requests answered, not answered", `${api.counts.answers}, ${api.counts.lost}`],
    ["probes answered (/healthz, /readyz, /metrics)", String(probes.count)],
    ["runs", String(runs.length)],
    ...["SUCCEEDED", "PARTIAL", "FAILED", "CANCELLED"].map((status): [string, string] => [
      `  ${status}`,
      String(ended(status)),
    ]),
    ["subtasks and stories saved", String(saved)],
    ["events", String(events.length)],
    ["subscribers, connections after the first", `${people.watchers.length}, ${resumed}`],
    ["events delivered, drafts", `${sum(({ record }) => record.seen.length)}, ${sum(({ drafts }) => drafts)}`],
    ["takeovers", String(takeovers.length)],
    ["  undisturbed: p50, max", timesOf(takeovers.filter(({ calm }) => calm))],
    ["  all: p50, max", timesOf(takeovers)],
    [`longest wait for a worker (at most ${inSeconds(TAKEOVER_MS)})`, inSeconds(longestMs)],
    ["time set aside: the machine stood still", inSeconds(stalledMs(history.stalls, 0, Infinity))],
  ];
}

function timesOf(takeovers: readonly Takeover[]): string {
  const times = takeovers.map(({ ms }) => ms).toSorted((a, b) => a - b);
  if (times.length === 0) return "–";
  return `${inSeconds(times[Math.floor(times.length / 2)] ?? 0)}, ${inSeconds(times.at(-1) ?? 0)}`;
}

function inSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
