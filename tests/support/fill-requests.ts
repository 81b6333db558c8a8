import type { EpicContext, EpicToFill, FillRequest, StoryDraft, Usage } from "../../src/generation/generator.ts";

export const EPIC_CONTEXT: EpicContext = {
  project: { name: "Town library", description: "Lending in three houses", context: "TypeScript, PostgreSQL" },
  epics: [
    { title: "Lending desk & reservations", description: "Members can renew a loan." },
    { title: "Opening hours", description: null },
  ],
  instructions: null,
  nonce: "f00dcafe",
};

export function epicToFill(told: Partial<EpicToFill> = {}): EpicToFill {
  return { title: "Lending desk & reservations", description: null, existingStories: [], ...told };
}

/** A request that remembers what it was told. */
export interface RecordingFill extends FillRequest {
  readonly drafts: StoryDraft[];
  readonly spent: Usage[];
}

export function fillRequest(told: Partial<Omit<FillRequest, "onDraft" | "onUsage" | "onLimits">> = {}): RecordingFill {
  const drafts: StoryDraft[] = [];
  const spent: Usage[] = [];
  return {
    context: EPIC_CONTEXT,
    epic: epicToFill(),
    mode: "COMPACT",
    personaSet: "CORE",
    model: null,
    signal: new AbortController().signal,
    mayAskAgain: () => true,
    waitsForCache: true,
    ...told,
    onDraft: (draft) => void drafts.push(draft),
    onUsage: (usage) => void spent.push(usage),
    onLimits: () => {},
    drafts,
    spent,
  };
}

/** One story as a model writes it. */
export interface StoryEntry {
  readonly title: string;
  readonly persona: string;
  readonly narrative: string;
  readonly description: string;
  readonly acceptanceCriteria: readonly string[];
  readonly priority: string;
  readonly effort: string;
}

/** An answer that passes every check: so many stories. */
export function storiesAnswer(count: number, changes: Readonly<Record<number, Partial<StoryEntry>>> = {}) {
  const stories = Array.from({ length: count }, (_, index): StoryEntry => {
    const number = index + 1;
    return {
      title: `Do thing ${number}`,
      persona: "End user",
      narrative: `As an end user, I want to do thing ${number}, so that it is done.`,
      description: `What thing ${number} is about.`,
      acceptanceCriteria: [`Thing ${number} works.`, `Its failure is told.`],
      priority: "SHOULD",
      effort: "M",
      ...changes[index],
    };
  });
  return { stories };
}
