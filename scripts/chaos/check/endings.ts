import { hasEnded, type History, type ItemRecord, type RunRecord } from "../history.ts";
import type { Violation } from "../violations.ts";

const UNFINISHED = new Set(["PENDING", "GENERATING", "SAVING"]);

/** How runs ended: all of them, as their items and those who cancelled them have it, with no job left. */
export function checkEndings({ stored, ledger }: Pick<History, "stored" | "ledger">): Violation[] {
  const byRun = Map.groupBy(stored.items, ({ runId }) => runId);
  const lastOfItem = new Map(stored.events.flatMap(({ item }) => (item === null ? [] : [[item.id, item]])));
  const found = stored.runs.flatMap((run) => checkRun(run, byRun.get(run.id) ?? []));
  for (const item of stored.items) {
    const told = lastOfItem.get(item.id);
    if (told === undefined || told.status === item.status) continue;
    const inBulk = UNFINISHED.has(told.status) && (item.status === "CANCELLED" || item.status === "SKIPPED");
    if (!inBulk)
      found.push({
        kind: "overwritten",
        text: `Run ${item.runId}: item ${item.id} is ${item.status}, its last event says ${told.status}.`,
      });
  }
  for (const runId of stored.jobs) {
    const run = stored.runs.find(({ id }) => id === runId);
    if (run === undefined || hasEnded(run))
      found.push({
        kind: "stuck",
        text: `Run ${runId} has ${run === undefined ? "gone" : "ended"}, and its job is left.`,
      });
  }
  const runs = new Map(stored.runs.map((run) => [run.id, run]));
  for (const [runId, answers] of ledger.cancelled) {
    const run = runs.get(runId);
    if (run !== undefined) found.push(...checkCancelled(run, answers));
  }
  for (const run of stored.runs)
    if (run.status === "CANCELLED" && !ledger.cancelled.has(run.id))
      found.push({ kind: "counters", text: `Run ${run.id} is CANCELLED, and nobody has cancelled it.` });
  return found;
}

function checkRun(run: RunRecord, items: readonly ItemRecord[]): Violation[] {
  const found: Violation[] = [];
  const fail = (kind: Violation["kind"], text: string) => found.push({ kind, text: `Run ${run.id}: ${text}` });
  if (!hasEnded(run)) fail("stuck", `it is still ${run.status}.`);
  const count = (status: string) => items.filter((item) => item.status === status).length;
  const counted = {
    totalItems: items.length,
    completedItems: count("COMPLETED"),
    failedItems: count("FAILED"),
    skippedItems: count("SKIPPED"),
    cancelledItems: count("CANCELLED"),
    createdCount: items.reduce((sum, item) => sum + (item.status === "COMPLETED" ? item.createdCount : 0), 0),
  };
  for (const [name, number] of Object.entries(counted)) {
    const own = run[name as keyof typeof counted];
    if (own !== number) fail("counters", `${name} is ${own}, the items give ${number}.`);
  }
  const unfinished = items.filter(({ status }) => UNFINISHED.has(status)).length;
  if (hasEnded(run) && unfinished > 0) fail("stuck", `it is ${run.status} with ${unfinished} items unfinished.`);
  const { completedItems, failedItems, cancelledItems } = counted;
  const due = failedItems + cancelledItems === 0 ? "SUCCEEDED" : completedItems > 0 ? "PARTIAL" : "FAILED";
  if (hasEnded(run) && run.status !== "CANCELLED" && run.status !== due)
    fail("counters", `it is ${run.status}, its items make it ${due}.`);
  if (run.status !== "CANCELLED" && cancelledItems > 0 && run.error === null)
    fail("counters", `${cancelledItems} items were not reached, and it does not say why.`);
  return found;
}

/** One cancellation at most ends a run; what anybody was told of its end holds. */
function checkCancelled(run: RunRecord, answers: readonly (string | null)[]): Violation[] {
  const found: Violation[] = [];
  const fail = (text: string) => found.push({ kind: "overwritten", text: `Run ${run.id}: ${text}` });
  const won = answers.filter((answer) => answer === "CANCELLED BY THIS").length;
  if (won > 1) fail(`${won} cancellations were told that they had ended it.`);
  for (const answer of answers) {
    const told = answer === "CANCELLED BY THIS" ? "CANCELLED" : answer;
    if (told !== null && told !== run.status) fail(`who cancelled it was told ${told}, and it is ${run.status}.`);
  }
  return found;
}
