/** Sizes of a piece of work, smallest first: XS under 1 h, S 1-2 h, M 2-4 h, L 4-8 h, XL over 8 h. */
export const EFFORTS = ["XS", "S", "M", "L", "XL"] as const;
export type Effort = (typeof EFFORTS)[number];

export type GenerationMode = "COMPACT" | "STANDARD" | "DETAILED";

/** The generators there are, by the name that `GENERATOR` takes and that `Generator.name` says. */
export type GeneratorName = "outline" | "anthropic";

/** What every item of a run is told: read once when the run is claimed, the same for all of its stories. */
export interface RunContext {
  readonly project: { readonly name: string; readonly description: string | null; readonly context: string | null };
  readonly epic: { readonly title: string; readonly description: string | null };
  /** Titles of all stories of the epic, in order; the story being split is one of them. */
  readonly storyTitles: readonly string[];
}

/** One story as the generator sees it, read at its turn. */
export interface StoryToSplit {
  readonly title: string;
  readonly persona: string | null;
  readonly narrative: string | null;
  readonly description: string | null;
  readonly acceptanceCriteria: readonly string[];
  readonly priority: string | null;
  readonly effort: Effort | null;
  /** Subtasks that stay beside the new ones, in order: nothing of them is to be made again. */
  readonly existingSubtasks: readonly { readonly title: string; readonly description: string }[];
}

/** A subtask as it has just been written, before its set is checked: shown to watchers, never stored. */
export interface SubtaskDraft {
  /** Place in the set, from 0. */
  readonly index: number;
  readonly title: string;
  readonly description: string;
  readonly effort: Effort | null;
}

/** One subtask of a checked set. */
export interface GeneratedSubtask {
  readonly title: string;
  readonly description: string;
  readonly effort: Effort;
  readonly acceptanceCriteria: readonly string[];
  /** Indices, in the same set, of the subtasks that come first; never a cycle. */
  readonly dependsOn: readonly number[];
  /** Indices of the story's acceptance criteria that this subtask serves, ascending. */
  readonly coversCriteria: readonly number[];
}

/** Tokens spent and what they cost; `costUsd` is null where the model's price is not known. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly costUsd: number | null;
}

export interface SplitRequest {
  readonly context: RunContext;
  readonly story: StoryToSplit;
  readonly mode: GenerationMode;
  /** Aborted when the run is cancelled, loses its lease, or the process ends. */
  readonly signal: AbortSignal;
  /** Called once for each draft, in order, as it comes. */
  readonly onDraft: (draft: SubtaskDraft) => void;
  /** Called with what was spent, each time that becomes known, for calls that fail or are aborted too. */
  readonly onUsage: (spent: Usage) => void;
}

/** Makes subtasks of stories. Holds no state of a run; one serves all runs of the process. */
export interface Generator {
  readonly name: string;
  /** The model it asks; null where there is none. */
  readonly model: string | null;
  /** Whether a provider limits how many calls may be in flight; ADAPTIVE pacing begins higher where none does. */
  readonly limited: boolean;
  /**
   * A checked set of subtasks for one story (`checkSubtasks` has passed it).
   * @throws GenerationError with a message that a user can act on
   * @throws the signal's reason when aborted
   */
  splitStory(request: SplitRequest): Promise<readonly GeneratedSubtask[]>;
}

/** Why a story could not be split, told so that a user can act on it. `fatal`: every further story would meet the same. */
export class GenerationError extends Error {
  override readonly name = "GenerationError";
  readonly fatal: boolean;
  constructor(message: string, options: { cause?: unknown; fatal?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.fatal = options.fatal ?? false;
  }
}
