import type { History, StoryRecord, SubtaskRecord } from "../history.ts";
import type { Violation } from "../violations.ts";
import { type Completion, completionsOf } from "./completions.ts";

type Parts = Pick<History, "stored" | "ledger">;

/** What is there of what runs and people made: each set once, whole, and gone only where a REPLACE may take it. */
export function checkSubtasks({ stored, ledger }: Parts): Violation[] {
  const completions = completionsOf(stored, "GENERATE_SUBTASKS");
  const byStory = Map.groupBy(stored.subtasks, ({ storyId }) => storyId);
  const found: Violation[] = [];
  const fail = (kind: Violation["kind"], text: string) => found.push({ kind, text });

  const savedFor = new Map<string, string>();
  for (const { run, ids, createdCount, itemId } of [...completions.values()].flat()) {
    if (ids.length !== createdCount)
      fail("doubled", `Run ${run.id}: item ${itemId} counts ${createdCount} subtasks and names ${ids.length}.`);
    for (const id of ids) {
      if (savedFor.has(id)) fail("doubled", `Run ${run.id}: subtask ${id} was saved for two items.`);
      savedFor.set(id, `${run.id} ${itemId}`);
    }
  }
  const items = new Map(stored.items.map((item) => [`${item.runId} ${item.storyId}`, item]));
  for (const { id, storyId, origin, runId } of stored.subtasks) {
    if (origin === "MANUAL") continue;
    if (!savedFor.has(id)) fail("doubled", `Story ${storyId}: subtask ${id} was saved, and no event tells of it.`);
    const item = items.get(`${runId} ${storyId}`);
    if (item?.status !== "COMPLETED")
      fail(
        "doubled",
        `Story ${storyId}: subtask ${id} is of run ${runId}, whose item is ${item?.status ?? "not there"}.`,
      );
  }

  for (const story of stored.stories)
    found.push(...checkStory(story, byStory.get(story.id) ?? [], completions.get(story.id) ?? [], ledger));

  const stories = new Set(stored.stories.map(({ id }) => id));
  const subtasks = new Set(stored.subtasks.map(({ id }) => id));
  for (const [id, { storyId }] of ledger.manualSubtasks)
    if (stories.has(storyId) && !subtasks.has(id)) fail("lost", `Story ${storyId}: the manual subtask ${id} is gone.`);
  return found;
}

function checkStory(
  story: StoryRecord,
  subtasks: readonly SubtaskRecord[],
  completions: readonly Completion[],
  ledger: History["ledger"],
): Violation[] {
  const found: Violation[] = [];
  const fail = (kind: Violation["kind"], text: string) => found.push({ kind, text: `Story ${story.id}: ${text}` });
  const rows = new Map(subtasks.map((row) => [row.id, row]));
  const manual = subtasks.filter(({ origin }) => origin === "MANUAL");

  let standing: string[] = [];
  for (const { run, ids, at, begunAt, deletedCount } of completions) {
    if (run.existingBehavior === "SKIP") {
      const written = [...ledger.manualSubtasks.values()].some(
        (each) => each.storyId === story.id && each.at < begunAt,
      );
      if (standing.length > 0 || written)
        fail("replaced", `run ${run.id} was to SKIP what has subtasks, and split it.`);
    }
    if (run.existingBehavior === "REPLACE") {
      const gone = standing.filter((id) => !rows.has(id));
      standing = standing.filter((id) => rows.has(id));
      if (gone.length !== deletedCount)
        fail(
          gone.length > deletedCount ? "lost" : "replaced",
          `run ${run.id} counts ${deletedCount} subtasks replaced, ${gone.length} are gone.`,
        );
      for (const id of gone)
        if ((ledger.editedSubtasks.get(id) ?? Infinity) < at)
          fail("replaced", `run ${run.id} replaced subtask ${id}, which had been edited.`);
      for (const id of standing) {
        const row = rows.get(id);
        if (row?.edited === false && row.status === "TODO")
          fail("replaced", `run ${run.id} left subtask ${id}, which nobody had touched.`);
      }
    } else if (deletedCount !== 0) fail("replaced", `run ${run.id} was to delete nothing and counts ${deletedCount}.`);
    standing.push(...ids);
  }
  for (const id of standing) if (!rows.has(id)) fail("lost", `subtask ${id} is gone.`);

  const made = completions.reduce((sum, { ids }) => sum + ids.length, 0) + manual.length;
  if (made !== story.lastSubtaskNumber)
    fail("numbering", `its last code is ST${story.lastSubtaskNumber}, and ${made} subtasks were made.`);
  const numbers = subtasks.map(({ number }) => number);
  if (new Set(numbers).size < numbers.length) fail("numbering", "two subtasks have one code.");
  if (numbers.some((number) => number < 1 || number > story.lastSubtaskNumber))
    fail("numbering", `a code is beyond ST${story.lastSubtaskNumber}.`);
  if (!isDense(subtasks)) fail("numbering", "the positions of its subtasks have gaps.");
  return found;
}

export function isDense(rows: readonly { readonly position: number }[]): boolean {
  return rows
    .map(({ position }) => position)
    .toSorted((a, b) => a - b)
    .every((position, index) => position === index);
}
