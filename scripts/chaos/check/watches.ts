import {
  describeItem,
  describeRun,
  type EventRecord,
  hasEnded,
  type History,
  type Seen,
  type WatchRecord,
} from "../history.ts";
import type { Violation } from "../violations.ts";

/** What subscribers were shown: every event from their first on, once, in order, as it was written, up to the last. */
export function checkWatches({ stored, watches }: Pick<History, "stored" | "watches">): Violation[] {
  const runs = new Map(stored.runs.map((run) => [run.id, run]));
  const byRun = Map.groupBy(stored.events, ({ runId }) => runId);
  const found: Violation[] = [];
  for (const watch of watches) {
    const run = runs.get(watch.runId);
    const fail = (kind: Violation["kind"], text: string) =>
      found.push({ kind, text: `${watch.name}, run ${watch.runId}: ${text}` });
    checkOrder(watch, fail);
    if (run === undefined) {
      if (!watch.mayGo) fail("missing", "it was told of a run that is not there.");
      else if (watch.end === "waiting") fail("missing", "the run was deleted, and it was not told.");
      continue;
    }
    const events = new Map((byRun.get(run.id) ?? []).map((event) => [event.seq, event]));
    for (const seen of watch.seen) compare(seen, events.get(seen.seq), fail);
    if (watch.end === "gone") fail("missing", "it was told that the run had been deleted.");
    const last = watch.seen.at(-1)?.seq ?? 0;
    if (watch.end === "waiting" && hasEnded(run))
      fail("missing", `it was not told the end; its last event was ${last} of ${run.seq}.`);
    if (watch.end === "completed" && last !== run.seq)
      fail("missing", `its stream was completed with event ${last}, the run has ${run.seq}.`);
  }
  return [...found, ...checkCodes({ stored, watches })];
}

type Fail = (kind: Violation["kind"], text: string) => unknown;

function checkOrder({ seen, from }: WatchRecord, fail: Fail): void {
  let last: number | null = null;
  for (const { seq, kind } of seen) {
    const complaint = complainOfStep(last, { seq, kind }, from);
    if (complaint !== null) fail(complaint.kind, complaint.text);
    last = seq;
  }
}

/** What is wrong with an event that comes after the one with the seq `last` (null: that comes first), or null. */
export function complainOfStep(
  last: number | null,
  { seq, kind }: Pick<Seen, "seq" | "kind">,
  from: WatchRecord["from"],
): Violation | null {
  if (last === null) {
    if (from === "start" && seq !== 1) return { kind: "missing", text: `its first event was ${seq}.` };
    if ((from === "now") !== (kind === "SNAPSHOT")) return { kind: "disordered", text: `it began with a ${kind}.` };
    return null;
  }
  if (kind === "SNAPSHOT") return { kind: "disordered", text: `a SNAPSHOT came after event ${last}.` };
  if (seq === last) return { kind: "repeated", text: `event ${seq} came twice.` };
  if (seq < last) return { kind: "disordered", text: `event ${seq} came after ${last}.` };
  return seq > last + 1 ? { kind: "missing", text: `event ${seq} came after ${last}.` } : null;
}

function compare(seen: Seen, event: EventRecord | undefined, fail: Fail): void {
  if (event === undefined) {
    fail("disordered", `it was shown event ${seen.seq}, which is not there.`);
    return;
  }
  const isSnapshot = seen.kind === "SNAPSHOT";
  const written = `${isSnapshot ? "SNAPSHOT" : event.kind} ${describeRun(event.run)} ${isSnapshot ? "" : describeItem(event.item)}`;
  const shown = `${seen.kind} ${seen.run} ${seen.item}`;
  if (written !== shown) fail("disordered", `event ${seen.seq} was shown as "${shown}", written as "${written}".`);
}

/** A code of a story is given once: nobody is ever shown two subtasks of one story under the same one. */
function checkCodes({ stored, watches }: Pick<History, "stored" | "watches">): Violation[] {
  const storyOf = new Map<string, string>();
  for (const { item, subtaskIds } of stored.events)
    for (const id of subtaskIds) if (item?.storyId != null) storyOf.set(id, item.storyId);
  const holders = new Map<string, string>();
  const found: Violation[] = [];
  for (const { name, seen } of watches)
    for (const { id, code } of seen.flatMap(({ codes }) => codes)) {
      const place = `${storyOf.get(id)} ${code}`;
      const holder = holders.get(place) ?? id;
      if (holder !== id && storyOf.has(id))
        found.push({
          kind: "numbering",
          text: `${name}: ${code} of story ${storyOf.get(id)} is ${id}, and was ${holder}.`,
        });
      holders.set(place, holder);
    }
  return found;
}
