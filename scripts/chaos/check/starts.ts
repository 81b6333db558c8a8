import type { History } from "../history.ts";
import type { Violation } from "../violations.ts";

/** Clocks of processes on one machine agree to this. */
const CLOCK_MS = 5;

/** Starts: one run a key, none that nobody started, none lost, and one active run of a type in a project. */
export function checkStarts({ stored, ledger }: Pick<History, "stored" | "ledger">): Violation[] {
  const found: Violation[] = [];
  const fail = (text: string) => found.push({ kind: "starts", text });
  const runs = new Map(stored.runs.map((run) => [run.id, run]));

  for (const [name, answers] of ledger.started) {
    const [projectId = ""] = name.split(" ", 1);
    if (ledger.deletedProjects.has(projectId)) continue;
    const [first] = answers;
    if (first === undefined) continue;
    const key = name.slice(projectId.length + 1);
    const others = answers.filter(({ runId, count }) => runId !== first.runId || count !== first.count);
    for (const { runId, count } of others)
      fail(
        `Project ${projectId}: "${key}" was answered with run ${first.runId} (${first.count}), then with ${runId} (${count}).`,
      );
    const run = runs.get(first.runId);
    if (run === undefined) fail(`Project ${projectId}: run ${first.runId} was started and is not there.`);
    else if (run.idempotencyKey !== key || run.totalItems !== first.count)
      fail(
        `Run ${run.id} has the key ${run.idempotencyKey} and ${run.totalItems} items; its starter was told of "${key}" and ${first.count}.`,
      );
  }
  const keyed = stored.runs.filter(({ idempotencyKey }) => idempotencyKey !== null);
  for (const [key, same] of Map.groupBy(keyed, (run) => `${run.projectId} ${run.idempotencyKey}`))
    if (same.length > 1) fail(`${same.length} runs have one key: ${key}.`);

  for (const { projectId, runId } of ledger.startedWithoutKey)
    if (!runs.has(runId) && !ledger.deletedProjects.has(projectId)) fail(`Run ${runId} was started and is not there.`);
  const known = new Set(ledger.startedWithoutKey.map(({ runId }) => runId));
  if (ledger.allAnswered)
    for (const run of stored.runs)
      if (run.idempotencyKey === null && !known.has(run.id)) fail(`Nobody has started run ${run.id}.`);

  return [...found, ...checkOneAtATime(stored)];
}

/**
 * A run is taken up, or cancelled, after its start was committed, and that can only be after the end of the one before:
 * so what comes second in its events is not earlier than the other's last event.
 */
function checkOneAtATime({ runs, events }: History["stored"]): Violation[] {
  const found: Violation[] = [];
  const byRun = Map.groupBy(events, ({ runId }) => runId);
  const lives = runs.map((run) => {
    const own = byRun.get(run.id) ?? [];
    return { run, takenAt: own[1]?.at ?? Infinity, endedAt: own.at(-1)?.at ?? Infinity };
  });
  for (const same of Map.groupBy(lives, ({ run }) => `${run.projectId} ${run.type}`).values()) {
    const inOrder = same.toSorted((a, b) => a.takenAt - b.takenAt);
    for (const [index, { run, takenAt }] of inOrder.entries()) {
      const before = inOrder[index - 1];
      if (before !== undefined && before.endedAt > takenAt + CLOCK_MS)
        found.push({ kind: "starts", text: `Runs ${before.run.id} and ${run.id} of one project were active at once.` });
    }
  }
  return found;
}
