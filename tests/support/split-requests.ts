import type {
  GenerationMode,
  ProviderLimits,
  RunContext,
  SplitRequest,
  StoryToSplit,
  SubtaskDraft,
  Usage,
} from "../../src/generation/generator.ts";

/** A story with nothing but a title, unless told otherwise. */
export function storyToSplit(told: Partial<StoryToSplit> = {}): StoryToSplit {
  return {
    title: "Edit a dataset I have published",
    persona: null,
    narrative: null,
    description: null,
    acceptanceCriteria: [],
    priority: null,
    effort: null,
    existingSubtasks: [],
    ...told,
  };
}

/** The story that a line of a backlog tells, with a title as its import would give it. */
export function storyOfLine(line: string, told: Partial<StoryToSplit> = {}): StoryToSplit {
  const narrative = line.replace(/^\uFEFF/u, "").trim();
  const wanted =
    /\b(?:want|need)s?\s+(?:to\s+)?(?:be able to\s+)?(.+?)(?:\s+so that\b.*)?$/iu.exec(narrative)?.[1] ?? narrative;
  const title = `${wanted.charAt(0).toUpperCase()}${wanted.slice(1)}`.slice(0, 200).trim();
  return storyToSplit({ title, narrative, ...told });
}

export const RUN_CONTEXT: RunContext = {
  project: { name: "Open budgets", description: "Budgets of cities", context: "TypeScript, PostgreSQL" },
  epic: { title: "Publishing", description: null },
  storyTitles: ["Edit a dataset I have published", "Delete a dataset I have published"],
  instructions: null,
  nonce: "f00dcafe",
};

/** A request that remembers what it was told. */
export interface RecordingRequest extends SplitRequest {
  readonly drafts: SubtaskDraft[];
  readonly spent: Usage[];
  readonly limits: ProviderLimits[];
}

export function splitRequest(
  told: {
    readonly story?: StoryToSplit;
    readonly mode?: GenerationMode;
    readonly signal?: AbortSignal;
    readonly context?: RunContext;
    readonly model?: string | null;
    readonly mayAskAgain?: SplitRequest["mayAskAgain"];
    readonly waitsForCache?: boolean;
  } = {},
): RecordingRequest {
  const drafts: SubtaskDraft[] = [];
  const spent: Usage[] = [];
  const limits: ProviderLimits[] = [];
  return {
    context: told.context ?? RUN_CONTEXT,
    story: told.story ?? storyToSplit(),
    mode: told.mode ?? "COMPACT",
    model: told.model ?? null,
    signal: told.signal ?? new AbortController().signal,
    onDraft: (draft) => void drafts.push(draft),
    onUsage: (usage) => void spent.push(usage),
    onLimits: (each) => void limits.push(each),
    mayAskAgain: told.mayAskAgain ?? (() => true),
    waitsForCache: told.waitsForCache ?? true,
    drafts,
    spent,
    limits,
  };
}
