import type { Transaction } from "../database/database.ts";
import type { WakeUps } from "../pubsub/wake-ups.ts";
import { type EngineObserver, UNOBSERVED } from "./observer.ts";
import { ACTIVE, type Changed, changeRun, type ItemTargets, UNFINISHED } from "./run-change.ts";

interface Going {
  readonly kind: "Project" | "Epic" | "Story";
  readonly id: string;
  readonly projectId: string;
}

/**
 * What the deletion of a story, an epic or a project does to active runs, in the deletion's transaction and before it
 * locks anything of the backlog: unfinished items of stories and epics that go are skipped, and a project's runs go with it.
 * @returns tells executors and watchers; to be called after the commit
 */
export async function settleRuns(
  wakeUps: WakeUps,
  tx: Transaction,
  going: Going,
  observer: EngineObserver = UNOBSERVED,
): Promise<() => void> {
  const changes: (Changed<void> | null)[] = [];
  const active = await tx.run.findMany({
    where: { projectId: going.projectId, status: { in: [...ACTIVE] } },
    select: { id: true },
    orderBy: { id: "asc" },
  });
  if (going.kind === "Project") {
    // Locked before the cascade takes them, so that no executor is in the middle of a step.
    await tx.$queryRaw`SELECT id FROM "Run" WHERE "projectId" = ${going.projectId}::uuid ORDER BY id FOR UPDATE`;
  } else {
    const of = await targetsIn(tx, going);
    const reason = `The ${going.kind.toLowerCase()} was deleted.`;
    for (const { id } of active)
      changes.push(
        await changeRun(tx, { runId: id, statuses: ACTIVE }, async (change) => {
          const skipped = await change.endItems({ statuses: UNFINISHED, of }, "SKIPPED", reason);
          if (skipped > 0) change.update({});
        }),
      );
  }
  return () => {
    for (const change of changes) change?.tell(observer);
    for (const { id } of active) wakeUps.wake(id, "control");
  };
}

/** The epic with its stories, or the story alone. */
async function targetsIn(tx: Transaction, going: Going): Promise<ItemTargets> {
  if (going.kind === "Story") return { storyIds: [going.id], epicIds: [] };
  const stories = await tx.story.findMany({ where: { epicId: going.id }, select: { id: true } });
  return { storyIds: stories.map(({ id }) => id), epicIds: [going.id] };
}
