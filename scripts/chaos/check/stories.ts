import type { History } from "../history.ts";
import type { Violation } from "../violations.ts";
import { completionsOf } from "./completions.ts";
import { isDense } from "./subtasks.ts";

/** The same for stories, of people and of runs; which of a run's stories a REPLACE may take hangs on more than is known here. */
export function checkStories({ stored, ledger }: Pick<History, "stored" | "ledger">): Violation[] {
  const completions = completionsOf(stored, "GENERATE_STORIES");
  const rows = new Map(stored.stories.map((story) => [story.id, story]));
  const found: Violation[] = [];
  const fail = (kind: Violation["kind"], text: string) => found.push({ kind, text });

  const told = new Set<string>();
  /** Stories that runs have replaced, by project. */
  const replaced = new Map<string, number>();
  for (const [epicId, sets] of completions) {
    const lastReplace = sets.findLastIndex(({ run }) => run.existingBehavior === "REPLACE");
    let gone = 0;
    let deleted = 0;
    for (const [index, { run, ids, createdCount, deletedCount }] of sets.entries()) {
      if (ids.length !== createdCount)
        fail("doubled", `Run ${run.id}: epic ${epicId} counts ${createdCount} stories and names ${ids.length}.`);
      if (run.existingBehavior !== "REPLACE" && deletedCount > 0)
        fail("replaced", `Run ${run.id} was to delete nothing and counts ${deletedCount}.`);
      deleted += deletedCount;
      replaced.set(run.projectId, (replaced.get(run.projectId) ?? 0) + deletedCount);
      for (const id of ids) {
        if (told.has(id)) fail("doubled", `Run ${run.id}: story ${id} was saved twice.`);
        told.add(id);
        if (rows.has(id)) continue;
        gone += 1;
        if (index >= lastReplace) fail("lost", `Epic ${epicId}: story ${id} of run ${run.id} is gone.`);
      }
    }
    if (gone !== deleted)
      fail(
        gone > deleted ? "lost" : "replaced",
        `Epic ${epicId}: runs count ${deleted} stories replaced, ${gone} are gone.`,
      );
  }
  for (const { id, origin, runId } of stored.stories)
    if (origin === "GENERATED" && !told.has(id))
      fail("doubled", `Story ${id} of run ${runId} was saved, and no event tells of it.`);

  for (const [id, projectId] of ledger.writtenStories) {
    if (ledger.deletedProjects.has(projectId)) continue;
    const isThere = rows.has(id);
    if (isThere && ledger.deletedStories.has(id)) fail("replaced", `Story ${id} was deleted and is there.`);
    if (!isThere && !ledger.deletedStories.has(id)) fail("lost", `Story ${id} is gone.`);
  }
  const deletedByPeople = [...ledger.deletedStories].map((id) => ledger.writtenStories.get(id));
  for (const { id, lastStoryNumber } of stored.projects) {
    const there = stored.stories.filter(({ projectId }) => projectId === id).length;
    const made = there + deletedByPeople.filter((projectId) => projectId === id).length + (replaced.get(id) ?? 0);
    if (made !== lastStoryNumber)
      fail("numbering", `Project ${id}: its last code is S${lastStoryNumber}, and ${made} stories were made.`);
    if (ledger.deletedProjects.has(id)) fail("replaced", `Project ${id} was deleted and is there.`);
  }
  for (const [epicId, stories] of Map.groupBy(stored.stories, (story) => story.epicId))
    if (!isDense(stories)) fail("numbering", `Epic ${epicId}: the positions of its stories have gaps.`);
  return found;
}
