import { type EventRecord, hasEnded, type ItemState, type RunRecord, type Stored } from "../history.ts";
import type { Violation } from "../violations.ts";

/** What our own program says where it met something that it did not foresee. */
const BUG = /Something went wrong on the server|could not be saved/u;
const ENDED_ITEM = new Set(["COMPLETED", "FAILED", "SKIPPED", "CANCELLED"]);

/**
 * A run's events: numbered from 1 without gaps, never back in time or to an older lease, the last one and no other
 * terminal, and the counters of each what the items told so far give.
 */
export function checkEvents({ runs, events }: Pick<Stored, "runs" | "events">): Violation[] {
  const byRun = Map.groupBy(events, ({ runId }) => runId);
  return runs.flatMap((run) => checkRun(run, byRun.get(run.id) ?? []));
}

function checkRun(run: RunRecord, events: readonly EventRecord[]): Violation[] {
  const found: Violation[] = [];
  const fail = (kind: Violation["kind"], text: string) => found.push({ kind, text: `Run ${run.id}: ${text}` });

  const numbers = events.map(({ seq }) => seq);
  const absent = Array.from({ length: run.seq }, (_, index) => index + 1).filter((seq) => !numbers.includes(seq));
  if (absent.length > 0) fail("missing", `the log has no event ${absent.join(", ")}.`);
  if (new Set(numbers).size < numbers.length) fail("repeated", "the log has two events of one number.");
  for (const seq of numbers)
    if (seq > run.seq) fail("disordered", `the log has an event ${seq}, the run ended at ${run.seq}.`);

  const items = new Map<string, ItemState>();
  let before: EventRecord | null = null;
  for (const event of events) {
    const at = `at event ${event.seq}`;
    const { item } = event;
    if (before !== null) {
      if (hasEnded(before.run))
        fail("overwritten", `${at}, its status ${event.run.status} comes after ${before.run.status}.`);
      if (before.run.status === "RUNNING" && event.run.status === "QUEUED")
        fail("overwritten", `${at}, it is QUEUED again.`);
      if (event.at < before.at) fail("disordered", `${at}, time goes back by ${before.at - event.at} ms.`);
      if (event.run.lease < before.run.lease)
        fail("overwritten", `${at}, who held lease ${event.run.lease} wrote after ${before.run.lease} had been given.`);
    }
    if (item !== null) {
      const known = items.get(item.id);
      if (known !== undefined && ENDED_ITEM.has(known.status))
        fail("overwritten", `${at}, item ${item.id} becomes ${item.status} after ${known.status}.`);
      items.set(item.id, item);
    }
    for (const complaint of compareCounters(event, before, items)) fail("counters", `${at}, ${complaint}`);
    for (const text of [event.message, event.run.error, item?.error ?? null])
      if (text !== null && BUG.test(text)) fail("process", `${at}, it says: ${text}`);
    before = event;
  }
  if (before !== null && before.run.status !== run.status)
    fail("overwritten", `its status is ${run.status}, its last event says ${before.run.status}.`);
  return found;
}

/** A deletion, a cancellation or a fatal end is told by one event for many items: there only bounds can be told. */
function compareCounters(
  event: EventRecord,
  before: EventRecord | null,
  items: ReadonlyMap<string, ItemState>,
): string[] {
  const { run } = event;
  const told = [...items.values()];
  const count = (status: string) => told.filter((item) => item.status === status).length;
  const complaints: string[] = [];
  const expect = (holds: boolean, text: string) => void (holds || complaints.push(text));
  const created = told.reduce((sum, item) => sum + (item.status === "COMPLETED" ? item.createdCount : 0), 0);
  const ended = run.completedItems + run.failedItems + run.skippedItems + run.cancelledItems;
  expect(
    run.completedItems === count("COMPLETED"),
    `completedItems is ${run.completedItems}, not ${count("COMPLETED")}.`,
  );
  expect(run.failedItems === count("FAILED"), `failedItems is ${run.failedItems}, not ${count("FAILED")}.`);
  expect(run.createdCount === created, `createdCount is ${run.createdCount}, not ${created}.`);
  expect(run.skippedItems >= count("SKIPPED"), `skippedItems is ${run.skippedItems}, with ${count("SKIPPED")} told.`);
  expect(ended <= run.totalItems, `${ended} of ${run.totalItems} items have ended.`);
  if (hasEnded(run)) expect(ended === run.totalItems, `it has ended, and ${ended} of ${run.totalItems} items have.`);
  expect((before?.run.cancelledItems ?? 0) <= run.cancelledItems, "cancelledItems went down.");
  expect((before?.run.totalItems ?? run.totalItems) === run.totalItems, "totalItems changed.");
  expect((before?.run.skippedItems ?? 0) <= run.skippedItems, "skippedItems went down.");
  return complaints;
}
