import type DataLoader from "dataloader";
import type { SettleRuns } from "../backlog/deletion.ts";
import type { Database } from "../database/database.ts";
import type { Runs } from "../engine/runs.ts";
import type { Feed } from "../pubsub/feed.ts";

/** What resolvers call. One for the whole process. */
export interface Services {
  readonly database: Database;
  readonly runs: Runs;
  readonly feed: Feed;
  readonly settleRuns: SettleRuns;
}

/** What one operation's resolvers share. */
export interface Context extends Services {
  /** Gathers reads that fields of one level ask for at the same moment; keeps no answer. */
  readonly loaders: Map<string, DataLoader<string, unknown>>;
}
