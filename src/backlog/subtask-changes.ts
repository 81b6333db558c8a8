import type { Database, Transaction } from "../database/database.ts";
import type { Subtask } from "../database/generated/prisma/client.ts";
import { NotFoundError } from "../errors.ts";
import { type LockedStory, lockStories } from "./locks.ts";

/** A subtask with its story locked, and the story that it is about to go to where one was named. */
export interface ChangingSubtask {
  readonly subtask: Subtask;
  readonly story: LockedStory;
  readonly target: LockedStory;
}

/**
 * Runs `work` on a subtask in a transaction that holds the lock of its story, and of the story `targetId` too.
 * @throws NotFoundError where the subtask is gone, or the target is no story of its project; and what `work` throws
 */
export async function changeSubtask<T>(
  database: Database,
  { id, targetId }: { readonly id: string; readonly targetId?: string | null },
  work: (tx: Transaction, changing: ChangingSubtask) => Promise<T>,
): Promise<T> {
  for (;;) {
    const done = await database.transaction(async (tx) => {
      const { storyId, projectId } = await findSubtask(tx, id);
      const stories = await lockStories(tx, [storyId, targetId ?? storyId]);
      const subtask = await findSubtask(tx, id);
      const story = stories.get(subtask.storyId);
      // It went to a third story before the lock was there, which may have to be locked before these: once more.
      if (subtask.storyId !== storyId || story === undefined) return null;
      const target = stories.get(targetId ?? storyId);
      if (target === undefined || target.projectId !== projectId)
        throw new NotFoundError("Story", targetId ?? storyId, "Project");
      return { result: await work(tx, { subtask, story, target }) };
    });
    if (done !== null) return done.result;
  }
}

/** @throws NotFoundError */
export async function findSubtask(tx: Transaction, id: string): Promise<Subtask> {
  const subtask = await tx.subtask.findUnique({ where: { id } });
  if (subtask === null) throw new NotFoundError("Subtask", id);
  return subtask;
}
