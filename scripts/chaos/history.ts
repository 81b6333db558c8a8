import type { Stall } from "./machine.ts";
import type { Change } from "./timeline.ts";

// All that is judged in the end: what the database says, what subscribers saw, what clients were told, and what was done to
// the processes meanwhile. Ids are the rows' own; times are milliseconds of the epoch.

export type RunStatus = "QUEUED" | "RUNNING" | "SUCCEEDED" | "PARTIAL" | "FAILED" | "CANCELLED";
export type ItemStatus = "PENDING" | "GENERATING" | "SAVING" | "COMPLETED" | "FAILED" | "SKIPPED" | "CANCELLED";

export interface RunState {
  readonly status: RunStatus;
  readonly totalItems: number;
  readonly completedItems: number;
  readonly failedItems: number;
  readonly skippedItems: number;
  readonly cancelledItems: number;
  readonly createdCount: number;
  readonly lease: number;
  readonly error: string | null;
}

export interface RunRecord extends RunState {
  readonly id: string;
  readonly projectId: string;
  readonly type: "GENERATE_SUBTASKS" | "GENERATE_STORIES";
  readonly existingBehavior: "SKIP" | "REPLACE" | "APPEND";
  readonly idempotencyKey: string | null;
  readonly instructions: string | null;
  readonly seq: number;
  readonly createdAt: number;
}

export interface ItemState {
  readonly id: string;
  readonly storyId: string | null;
  readonly epicId: string | null;
  readonly status: ItemStatus;
  readonly attempts: number;
  readonly createdCount: number;
  readonly deletedCount: number;
  readonly error: string | null;
}

export interface ItemRecord extends ItemState {
  readonly runId: string;
}

export interface EventRecord {
  readonly runId: string;
  readonly seq: number;
  readonly kind: "RUN_UPDATED" | "ITEM_UPDATED" | "LOGGED";
  readonly at: number;
  readonly message: string | null;
  readonly run: RunState;
  readonly item: ItemState | null;
  readonly subtaskIds: readonly string[];
  readonly storyIds: readonly string[];
}

export interface ProjectRecord {
  readonly id: string;
  readonly lastStoryNumber: number;
}

export interface StoryRecord {
  readonly id: string;
  readonly projectId: string;
  readonly epicId: string;
  readonly number: number;
  readonly position: number;
  readonly lastSubtaskNumber: number;
  readonly origin: "GENERATED" | "MANUAL";
  readonly runId: string | null;
}

export interface SubtaskRecord {
  readonly id: string;
  readonly storyId: string;
  readonly number: number;
  readonly position: number;
  readonly origin: "GENERATED" | "MANUAL";
  readonly runId: string | null;
  readonly status: string;
  readonly edited: boolean;
}

/** What the database holds when all is over. */
export interface Stored {
  readonly projects: readonly ProjectRecord[];
  readonly stories: readonly StoryRecord[];
  readonly subtasks: readonly SubtaskRecord[];
  readonly runs: readonly RunRecord[];
  readonly items: readonly ItemRecord[];
  readonly events: readonly EventRecord[];
  /** Runs with a job that is waiting or under way. */
  readonly jobs: readonly string[];
}

/** What one subscriber was shown, in the order in which it was. */
export interface Seen {
  readonly seq: number;
  readonly kind: "SNAPSHOT" | EventRecord["kind"];
  /** Status and counters of the run. */
  readonly run: string;
  /** The item and how it stood; empty without one. */
  readonly item: string;
  /** Subtasks that were shown as just saved, by their codes. */
  readonly codes: readonly { readonly id: string; readonly code: string }[];
}

export interface WatchRecord {
  readonly name: string;
  readonly runId: string;
  /** Whether it asked for everything, or began with a snapshot. */
  readonly from: "start" | "now";
  /** Whether the run's project was to be deleted under it. */
  readonly mayGo: boolean;
  readonly seen: readonly Seen[];
  /** Whether the server completed it, it left on its own account, the run was deleted, or it waits still. */
  readonly end: "completed" | "left" | "gone" | "waiting";
}

/** What clients asked for and what they were told. */
export interface Ledger {
  /** Answers to starts and retries with a key, by project and key. */
  readonly started: ReadonlyMap<string, readonly { readonly runId: string; readonly count: number }[]>;
  /** Runs that a start without a key was answered with. */
  readonly startedWithoutKey: readonly { readonly projectId: string; readonly runId: string }[];
  /** Whether every start without a key was answered, so that no run can be there which nobody knows of. */
  readonly allAnswered: boolean;
  /** Answers to cancellations by run: a status is what the run had ended with; null is an answer that was lost. */
  readonly cancelled: ReadonlyMap<string, readonly ("CANCELLED BY THIS" | RunStatus | null)[]>;
  /** Manual subtasks that a client was told are there, with the time of the answer. */
  readonly manualSubtasks: ReadonlyMap<string, { readonly storyId: string; readonly at: number }>;
  /** Generated subtasks that a client was told it has edited, with the time of the answer. */
  readonly editedSubtasks: ReadonlyMap<string, number>;
  /** Stories that people wrote and were told of, by project. */
  readonly writtenStories: ReadonlyMap<string, string>;
  /** Those of them that were deleted. */
  readonly deletedStories: ReadonlySet<string>;
  readonly deletedProjects: ReadonlySet<string>;
}

/** A process was killed, or halted until `until`. */
export interface Interruption {
  readonly name: string;
  readonly how: "killed" | "halted";
  readonly at: number;
  readonly until: number;
  /** Runs that it had ever asked the provider for. */
  readonly asked: readonly Asked[];
}

/** When a process last asked the provider for a run, and when another one last did: who holds it is known by that. */
export interface Asked {
  /** What marks the run: its wishes. */
  readonly ticket: string;
  readonly at: number;
  readonly othersAt: number;
}

export interface History {
  readonly stored: Stored;
  readonly watches: readonly WatchRecord[];
  readonly ledger: Ledger;
  readonly interruptions: readonly Interruption[];
  readonly changes: readonly Change[];
  readonly stalls: readonly Stall[];
}

export function hasEnded({ status }: Pick<RunState, "status">): boolean {
  return status !== "QUEUED" && status !== "RUNNING";
}

/** One text for all that a subscriber can see of a run's state. */
export function describeRun(run: Omit<RunState, "lease" | "error">): string {
  const { status, totalItems, completedItems, failedItems, skippedItems, cancelledItems, createdCount } = run;
  const counters = [totalItems, completedItems, failedItems, skippedItems, cancelledItems, createdCount];
  return `${status} ${counters.join("/")}`;
}

export function describeItem(item: Omit<ItemState, "storyId" | "epicId" | "error"> | null): string {
  if (item === null) return "";
  const { id, status, attempts, createdCount, deletedCount } = item;
  return `${id} ${status} ${[attempts, createdCount, deletedCount].join("/")}`;
}
