import type { Transaction } from "../database/database.ts";

/**
 * Settles what the runs have to do with something that is about to go: a story's or an epic's unfinished items are
 * skipped, a project's runs end. Called first in the transaction of the deletion, before anything of the backlog is
 * locked (the lock order: runs, items, backlog). What it returns is called once that transaction has been committed.
 */
export type SettleRuns = (
  tx: Transaction,
  going: { readonly kind: "Project" | "Epic" | "Story"; readonly id: string; readonly projectId: string },
) => Promise<() => void>;
