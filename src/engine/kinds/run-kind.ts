import type { Transaction } from "../../database/database.ts";
import type { Entity } from "../../errors.ts";
import type { ProviderLimits, Usage } from "../../generation/generator.ts";
import type { ModelOffer } from "../generation-options.ts";
import type { Draft } from "../../pubsub/progress.ts";
import type { RunItemRow, RunRow, SavedIds } from "../../pubsub/run-events.ts";

/**
 * What the engine must know of a kind of run: what an item is, how it is generated and how it is saved. One file a kind;
 * everything else of a run's life is the same for all of them.
 */
export interface RunKind<Output = unknown> {
  readonly type: RunRow["type"];
  /** What an item is made from, and what all of them are in. */
  readonly entities: { readonly item: Entity; readonly parent: Entity };
  /** The phase of a run while its items are worked on. */
  readonly phase: RunRow["phase"];
  /** What a run may ask of the generator. */
  readonly offer: ModelOffer;
  /** Who generates, for the log: "outline", or "anthropic (claude-…)". */
  readonly generator: string;
  /** The model that is asked where a run names none; null where there is none. */
  readonly model: string | null;
  /** What an item is called, and several; what they are all of; and what each gets: "story", "stories", "epic", "subtasks". */
  readonly words: { readonly item: string; readonly items: string; readonly parent: string; readonly created: string };
  /** The project of a parent, or the project that it is; null where the parent has gone. */
  projectOf(reader: Transaction, parentId: string): Promise<string | null>;
  /** What a run may be over, in order: everything in a parent, or those of `ids` that are still there. */
  targets(reader: Transaction, scope: TargetScope): Promise<Target[]>;
  /** Reads what all items of the run are told, once an execution. */
  open(reader: Transaction, run: RunRow): Promise<KindSession<Output>>;
}

/** The parent of a kind's targets is the epic for stories, the project for epics. */
export type TargetScope = { readonly parentId: string } | { readonly ids: readonly string[] };

/** What an item of a run is made from; one of the two ids is set. */
export interface Target {
  readonly storyId: string | null;
  readonly epicId: string | null;
  readonly code: string;
  readonly title: string;
}

/** Of the story or the epic that an item is, or was, made from. */
export function targetIdOf({ storyId, epicId }: Pick<Target, "storyId" | "epicId">): string | null {
  return storyId ?? epicId;
}

export interface KindSession<Output = unknown> {
  /** What an item will about cost in US dollars, before the first has told; null where nobody knows. */
  readonly expectedCostUsd: number | null;
  /** What there is to do for each of these items, as things are now; an item whose story (or epic) has gone is left out. */
  read(reader: Transaction, items: readonly RunItemRow[]): Promise<Map<string, ItemWork<Output>>>;
  /** Saves checked sets in one transaction; null for an item whose story (or epic) has gone. */
  save(tx: Transaction, done: readonly { item: RunItemRow; output: Output }[]): Promise<Map<string, Saved | null>>;
}

export interface ItemWork<Output> {
  /** Why the item is left as it is; null where it is to be generated. */
  readonly skip: string | null;
  /**
   * @throws GenerationError with a message for the user
   * @throws the signal's reason when aborted
   */
  generate(call: GenerationCall): Promise<Output>;
}

export interface GenerationCall {
  /** What the generator's lines in the log are marked with. */
  readonly logIds: { readonly runId: string; readonly itemId: string };
  readonly signal: AbortSignal;
  readonly onDraft: (draft: Draft) => void;
  readonly onUsage: (spent: Usage) => void;
  readonly onLimits: (limits: ProviderLimits) => void;
  /** As `SplitRequest` has it. */
  readonly mayAskAgain: (times: number) => boolean;
  /** As `SplitRequest` has it. */
  readonly waitsForCache: boolean;
}

export interface Saved {
  readonly createdCount: number;
  readonly deletedCount: number;
  readonly created: SavedIds;
  /** What whoever started the run should know of it, for the run's log. */
  readonly warnings: readonly string[];
}
