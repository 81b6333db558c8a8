import { cutAtWord } from "../backlog/characters.ts";
import { toLine } from "./storable.ts";

/** Sizes of a piece of work, smallest first: XS under 1 h, S 1-2 h, M 2-4 h, L 4-8 h, XL over 8 h. */
export const EFFORTS = ["XS", "S", "M", "L", "XL"] as const;
export type Effort = (typeof EFFORTS)[number];

export type GenerationMode = "COMPACT" | "STANDARD" | "DETAILED";

/** The generators there are, by the name that `GENERATOR` takes and that `Generator.name` says. */
export type GeneratorName = "outline" | "anthropic";

/** What every item of a run is told: read when the run is claimed, the same for all of its stories until another worker takes it over. */
export interface RunContext {
  readonly project: { readonly name: string; readonly description: string | null; readonly context: string | null };
  readonly epic: { readonly title: string; readonly description: string | null };
  /** Titles of all stories of the epic, in order; the story being split is one of them. */
  readonly storyTitles: readonly string[];
  /** What whoever started the run wants every item to heed; up to 2,000 characters. */
  readonly instructions: string | null;
  /** Marks data in prompts: made anew for each run, and the same for all of its calls. */
  readonly nonce: string;
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

/** How much of one of the provider's limits is left, as it told with an answer. */
export interface LimitState {
  /** Per minute. */
  readonly limit: number;
  readonly remaining: number;
  /** When all of it will be there again, in milliseconds of the epoch. */
  readonly resetAt: number;
}

/** The provider's limits as one answer told them; what it did not tell is left out. */
export interface ProviderLimits {
  readonly requests?: LimitState;
  readonly inputTokens?: LimitState;
  readonly outputTokens?: LimitState;
}

export interface SplitRequest {
  readonly context: RunContext;
  readonly story: StoryToSplit;
  readonly mode: GenerationMode;
  /** Instead of the generator's own model; one of the configured list. */
  readonly model: string | null;
  /** What lines of the log about it are marked with. */
  readonly logIds?: Readonly<Record<string, string>>;
  /** Aborted when the run is cancelled, loses its lease, or the process ends. */
  readonly signal: AbortSignal;
  /** Called once for each draft, in order, as it comes; from index 0 again where an answer is written anew. */
  readonly onDraft: (draft: SubtaskDraft) => void;
  /** Called with what was spent, each time that becomes known, for calls that fail or are aborted too. */
  readonly onUsage: (spent: Usage) => void;
  /** Called with the provider's limits each time that it tells them, with failures too. */
  readonly onLimits: (limits: ProviderLimits) => void;
  /**
   * Whether what may be spent allows one more call for the same item; to be asked before each but the first.
   * @param times what it may cost, in terms of the one before: 1 for about as much
   */
  readonly mayAskAgain: (times: number) => boolean;
  /** Whether a call may wait a moment until the provider has cached what others share with it; else it goes out at once. */
  readonly waitsForCache: boolean;
}

/** Sets of personas that stories are written for: `PERSONAS` says who is in each. */
export type PersonaSet = "LIGHTWEIGHT" | "CORE" | "FULL";

/** How much a story matters, first things first. */
export const PRIORITIES = ["MUST", "SHOULD", "COULD", "WONT"] as const;
export type Priority = (typeof PRIORITIES)[number];

/** What every epic of a run is told: read as `RunContext` is. */
export interface EpicContext {
  readonly project: RunContext["project"];
  /** All epics of the project, in order; the one being filled is one of them. */
  readonly epics: readonly { readonly title: string; readonly description: string | null }[];
  readonly instructions: string | null;
  readonly nonce: string;
}

/** One epic as the generator sees it, read at its turn. */
export interface EpicToFill {
  readonly title: string;
  readonly description: string | null;
  /** Stories that stay beside the new ones, in order: nothing of them is to be made again. */
  readonly existingStories: readonly { readonly title: string; readonly narrative: string | null }[];
}

/** A story as it has just been written, before its set is checked. Its description is the narrative where it has one. */
export type StoryDraft = SubtaskDraft;

/** One story of a checked set. */
export interface GeneratedStory {
  readonly title: string;
  /** One of the persona set, as `PERSONAS` writes it. */
  readonly persona: string;
  /** "As a … I want … so that …". */
  readonly narrative: string;
  readonly description: string;
  readonly acceptanceCriteria: readonly string[];
  readonly priority: Priority;
  readonly effort: Effort;
}

export interface FillRequest extends Omit<SplitRequest, "context" | "story" | "onDraft"> {
  readonly context: EpicContext;
  readonly epic: EpicToFill;
  readonly personaSet: PersonaSet;
  /** Called once for each draft, in order, as it comes; from index 0 again where an answer is written anew. */
  readonly onDraft: (draft: StoryDraft) => void;
}

export interface EstimateRequest {
  readonly context: RunContext;
  readonly stories: readonly StoryToSplit[];
  readonly mode: GenerationMode;
  readonly model: string | null;
  readonly signal: AbortSignal;
}

export interface ItemCostRequest {
  readonly makes: "subtasks" | "stories";
  readonly context: RunContext | EpicContext;
  readonly mode: GenerationMode;
  readonly model: string | null;
}

/** What splitting some stories will about take, repairs and retries apart. */
export interface Estimate {
  /** All that will be sent, what comes out of the provider's cache included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** With the prices of the cache; null where the model's price is not known. */
  readonly costUsd: number | null;
  /** How long one call takes. */
  readonly msPerStory: number;
  /** Whether the provider counted every input token; else they are told from a sample, or by length. */
  readonly exact: boolean;
}

/** Makes subtasks of stories, and stories of epics. Holds no state of a run; one serves all runs of the process. */
export interface Generator {
  readonly name: string;
  /** The model it asks; null where there is none. */
  readonly model: string | null;
  /** Whether a provider limits how many calls may be in flight; ADAPTIVE pacing begins higher where none does. */
  readonly limited: boolean;
  /** Tells accounts at providers, whose limits are counted apart, from each other; without a secret. */
  readonly account?: string;
  /**
   * A checked set of subtasks for one story (`checkSubtasks` has passed it). One attempt: whoever calls tries again
   * where `GenerationError.retry` says that it may help.
   * @throws GenerationError with a message that a user can act on
   * @throws the signal's reason when aborted
   */
  splitStory(request: SplitRequest): Promise<readonly GeneratedSubtask[]>;
  /** A checked set of stories for one epic (`checkStories` has passed it), on the same terms. */
  fillEpic(request: FillRequest): Promise<readonly GeneratedStory[]>;
  /**
   * What splitting these stories will take; spends nothing.
   * @throws GenerationError where no call would succeed, for a bad key for instance
   * @throws the signal's reason when aborted
   */
  estimate(request: EstimateRequest): Promise<Estimate>;
  /** What one item of a run will about cost in US dollars, told by length, with nobody asked; null where the price is not known. */
  itemCostUsd(request: ItemCostRequest): number | null;
}

/** What may help where a call failed for a reason that passes. */
export interface RetryAdvice {
  /** How long the provider asked to wait; null where it did not say. */
  readonly afterMs: number | null;
  /** Whether the provider said that it is too much (429, 529): the pace must fall. */
  readonly throttled: boolean;
}

/** Providers and models have a say in what a failure says; it goes into every event of its item. */
const MOST_TOLD = 1_000;

/**
 * Why a story could not be split, told so that a user can act on it. `happened` is its message without what to do, for
 * where something is done already. Both are one line of at most 1,000 characters that can be stored, whatever they quote.
 * `fatal`: every further story would meet the same. `retry`: trying again may help; null where it would not.
 */
export class GenerationError extends Error {
  override readonly name = "GenerationError";
  readonly happened: string;
  readonly fatal: boolean;
  readonly retry: RetryAdvice | null;
  constructor(
    message: string,
    options: { cause?: unknown; happened?: string; fatal?: boolean; retry?: RetryAdvice | null } = {},
  ) {
    super(tellable(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.happened = tellable(options.happened ?? message);
    this.fatal = options.fatal ?? false;
    this.retry = options.retry ?? null;
  }
}

function tellable(text: string): string {
  return cutAtWord(toLine(text), MOST_TOLD);
}
