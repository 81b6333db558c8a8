import type {
  EventRecord,
  History,
  ItemState,
  ItemStatus,
  RunRecord,
  RunState,
  RunStatus,
  Seen,
  StoryRecord,
  SubtaskRecord,
} from "../../scripts/chaos/history.ts";
import { describeItem, describeRun } from "../../scripts/chaos/history.ts";

// A made-up history in which all is well; tests take it and spoil one thing. Its parts can be changed, a real one's cannot.

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Open<T> =
  T extends ReadonlyMap<infer K, infer V>
    ? Map<K, V extends readonly (infer E)[] ? E[] : V>
    : T extends ReadonlySet<infer E>
      ? Set<E>
      : T extends readonly (infer E)[]
        ? Open<E>[]
        : T extends object
          ? { -readonly [K in keyof T]: Open<T[K]> }
          : T;
export type OpenHistory = Open<History>;

const PROJECT = "project";
const EPIC = "epic";
export const STORIES = ["story-1", "story-2"] as const;
const BEGAN = 1_000_000;

interface Plan {
  readonly id: string;
  readonly existingBehavior: RunRecord["existingBehavior"];
  readonly key: string | null;
  /** What each item ends as, and what is saved for it. */
  readonly items: readonly {
    readonly storyId: string;
    readonly ids: readonly string[];
    readonly deletedCount?: number;
  }[];
  /** Whether a worker is killed after the first item, and the others are taken over. */
  readonly takenOver?: boolean;
}

/** Two runs over two stories: one makes subtasks, the other replaces those that nobody has edited. */
export function soundHistory(): OpenHistory {
  const first = play(
    {
      id: "run-1",
      existingBehavior: "SKIP",
      key: "one",
      items: [
        { storyId: STORIES[0], ids: ["a1", "a2"] },
        { storyId: STORIES[1], ids: ["b1", "b2"] },
      ],
      takenOver: true,
    },
    BEGAN,
  );
  const second = play(
    {
      id: "run-2",
      existingBehavior: "REPLACE",
      key: null,
      items: [{ storyId: STORIES[0], ids: ["a3", "a4", "a5"], deletedCount: 1 }],
    },
    BEGAN + 60_000,
  );
  const events = [...first.events, ...second.events];
  return {
    stored: {
      projects: [{ id: PROJECT, lastStoryNumber: 3 }],
      stories: [story(STORIES[0], 1, 0, 6), story(STORIES[1], 2, 1, 2)],
      subtasks: [
        // a2 had been edited, a1 had not; the manual one stays as well.
        subtask("a2", STORIES[0], 2, 0, { runId: "run-1", edited: true }),
        subtask("hand", STORIES[0], 3, 1, { runId: null, origin: "MANUAL" }),
        subtask("a3", STORIES[0], 4, 2, { runId: "run-2" }),
        subtask("a4", STORIES[0], 5, 3, { runId: "run-2" }),
        subtask("a5", STORIES[0], 6, 4, { runId: "run-2" }),
        subtask("b1", STORIES[1], 1, 0, { runId: "run-1" }),
        subtask("b2", STORIES[1], 2, 1, { runId: "run-1" }),
      ],
      runs: [first.run, second.run],
      items: [...first.items, ...second.items],
      events,
      jobs: [],
    },
    watches: [
      watch("watcher 1", "run-1", "start", first.events.map(seenOf)),
      watch("watcher 2", "run-1", "now", [snapshotOf(first.events[2]), ...first.events.slice(3).map(seenOf)]),
      watch("watcher 3", "run-2", "start", second.events.slice(0, 2).map(seenOf), "left"),
    ],
    ledger: {
      started: new Map([[`${PROJECT} one`, [{ runId: "run-1", count: 2 }]]]),
      startedWithoutKey: [{ projectId: PROJECT, runId: "run-2" }],
      allAnswered: true,
      cancelled: new Map([["run-2", [null, "SUCCEEDED"]]]),
      manualSubtasks: new Map([["hand", { storyId: STORIES[0], at: BEGAN + 50_000 }]]),
      editedSubtasks: new Map([["a2", BEGAN + 50_000]]),
      writtenStories: new Map([...STORIES, "story-gone"].map((id) => [id, PROJECT])),
      deletedStories: new Set(["story-gone"]),
      deletedProjects: new Set(),
    },
    interruptions: [
      {
        name: "worker-1",
        how: "killed",
        at: BEGAN + 4_000,
        until: Infinity,
        asked: [{ ticket: "Ticket 1", at: BEGAN + 3_500, othersAt: 0 }],
      },
    ],
    changes: [
      { at: 0, what: "database", name: "postgres", up: true },
      { at: 1, what: "worker", name: "worker-1", up: true },
      { at: 2, what: "worker", name: "worker-2", up: true },
      { at: BEGAN + 4_000, what: "worker", name: "worker-1", up: false },
    ],
    stalls: [],
  };
}

/** The events of a run in which everything goes well, and what it leaves. */
function play({ id, existingBehavior, key, items: plans, takenOver = false }: Plan, began: number) {
  const state: Writable<RunState> = {
    status: "QUEUED",
    totalItems: plans.length,
    completedItems: 0,
    failedItems: 0,
    skippedItems: 0,
    cancelledItems: 0,
    createdCount: 0,
    lease: 0,
    error: null,
  };
  const items = plans.map(({ storyId, deletedCount = 0 }, index): Writable<ItemState> & { runId: string } => ({
    id: `${id}-item-${index + 1}`,
    runId: id,
    storyId,
    epicId: null,
    status: "PENDING",
    attempts: 0,
    createdCount: 0,
    deletedCount,
    error: null,
  }));
  const events: Open<EventRecord>[] = [];
  let at = began;
  function tell(kind: EventRecord["kind"], item: ItemState | null = null, subtaskIds: readonly string[] = []): void {
    events.push({
      runId: id,
      seq: events.length + 1,
      kind,
      at: (at += 1_000),
      message: kind === "LOGGED" ? "Something of interest." : null,
      run: { ...state },
      item: item && { ...item },
      subtaskIds: [...subtaskIds],
      storyIds: [],
    });
  }
  function move(item: Writable<ItemState>, status: ItemStatus, subtaskIds: readonly string[] = []): void {
    item.status = status;
    if (status === "GENERATING") item.attempts += 1;
    if (status === "COMPLETED") {
      item.createdCount = subtaskIds.length;
      state.completedItems += 1;
      state.createdCount += subtaskIds.length;
    }
    tell("ITEM_UPDATED", item, subtaskIds);
  }
  function claim(): void {
    state.lease += 1;
    state.status = "RUNNING";
    tell("RUN_UPDATED");
    tell("LOGGED");
  }

  tell("RUN_UPDATED");
  claim();
  for (const [index, item] of items.entries()) {
    move(item, "GENERATING");
    if (takenOver && index === 0) {
      at += 6_000;
      claim();
      move(item, "PENDING");
      move(item, "GENERATING");
    }
    move(item, "COMPLETED", plans[index]?.ids ?? []);
  }
  state.status = "SUCCEEDED" satisfies RunStatus;
  tell("RUN_UPDATED");
  const run: Open<RunRecord> = {
    ...state,
    id,
    projectId: PROJECT,
    type: "GENERATE_SUBTASKS",
    existingBehavior,
    idempotencyKey: key,
    instructions: `Ticket ${id.slice(-1)}`,
    seq: events.length,
    createdAt: began,
  };
  return { run, items, events };
}

function story(id: string, number: number, position: number, lastSubtaskNumber: number): StoryRecord {
  return { id, projectId: PROJECT, epicId: EPIC, number, position, lastSubtaskNumber, origin: "MANUAL", runId: null };
}

function subtask(
  id: string,
  storyId: string,
  number: number,
  position: number,
  rest: { readonly runId: string | null; readonly origin?: "MANUAL"; readonly edited?: boolean },
): SubtaskRecord {
  return { id, storyId, number, position, origin: "GENERATED", status: "TODO", edited: false, ...rest };
}

function watch(
  name: string,
  runId: string,
  from: "start" | "now",
  seen: Open<Seen>[],
  end: "completed" | "left" = "completed",
): OpenHistory["watches"][number] {
  return { name, runId, from, mayGo: false, seen, end };
}

function seenOf({ seq, kind, run, item, subtaskIds }: Open<EventRecord>): Open<Seen> {
  const codes = subtaskIds.map((id) => ({ id, code: `ST of ${id}` }));
  return { seq, kind, run: describeRun(run), item: describeItem(item), codes };
}

function snapshotOf(event: Open<EventRecord> | undefined): Open<Seen> {
  if (event === undefined) throw new Error("there is no such event");
  return { ...seenOf(event), kind: "SNAPSHOT", item: "", codes: [] };
}
