import { setImmediate as nextTurn } from "node:timers/promises";
import { checkStories } from "./check-stories.ts";
import { checkSubtasks } from "./check-subtasks.ts";
import {
  GenerationError,
  type Estimate,
  type EstimateRequest,
  type FillRequest,
  type GeneratedStory,
  type GeneratedSubtask,
  type Generator,
  type SplitRequest,
  type SubtaskDraft,
} from "./generator.ts";
import { chooseWork } from "./outline/choose-work.ts";
import { phrasesOf } from "./outline/phrases.ts";
import { readStory, tidy } from "./outline/read-story.ts";
import { writeStories } from "./outline/stories/write-stories.ts";
import { writeSubtasks } from "./outline/write-subtasks.ts";

/**
 * The generator without a model: it splits a story and fills an epic by rules, from their own words, the same on every
 * run, and spends nothing. It is for trying, testing and showing; it never stands in for a model that fails.
 */
export function createOutlineGenerator(): Generator {
  return { name: "outline", model: null, limited: false, splitStory, fillEpic, estimate, itemCostUsd: () => 0 };
}

async function splitStory(request: SplitRequest): Promise<readonly GeneratedSubtask[]> {
  const { story, mode, signal } = request;
  signal.throwIfAborted();
  const reading = readStory(story);
  const phrases = phrasesOf(reading, tidy(story.title) || "this story");
  const subtasks = writeSubtasks(story, reading, phrases, chooseWork(story, reading, phrases, mode));
  await show(
    subtasks.map(({ title, description, effort }, index) => ({ index, title, description, effort })),
    request,
  );
  const checked = checkSubtasks({ subtasks }, { story, mode });
  if (!checked.ok) throw ownMistake("split this story", checked.problems);
  return checked.subtasks;
}

async function fillEpic(request: FillRequest): Promise<readonly GeneratedStory[]> {
  const { epic, mode, personaSet, signal } = request;
  signal.throwIfAborted();
  const stories = writeStories(epic, mode, personaSet);
  await show(
    stories.map(({ title, narrative, effort }, index) => ({ index, title, description: narrative, effort })),
    request,
  );
  const checked = checkStories({ stories }, { epic, mode, personaSet });
  if (!checked.ok) throw ownMistake("filled this epic", checked.problems);
  return checked.stories;
}

async function estimate({ signal }: EstimateRequest): Promise<Estimate> {
  signal.throwIfAborted();
  return { inputTokens: 0, outputTokens: 0, costUsd: 0, msPerStory: 0, exact: true };
}

async function show(
  drafts: readonly SubtaskDraft[],
  { signal, onDraft, onUsage }: Pick<SplitRequest, "signal" | "onDraft" | "onUsage">,
): Promise<void> {
  onUsage({ inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0 });
  for (const draft of drafts) {
    onDraft(draft);
    // Between two drafts, others get their turn: whoever shows them, and whoever cancels.
    await nextTurn();
    signal.throwIfAborted();
  }
}

function ownMistake(did: string, problems: readonly string[]): GenerationError {
  return new GenerationError(`The outline generator ${did} wrongly: ${problems.join(" ")} Please report it.`);
}
