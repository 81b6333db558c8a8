import { setImmediate as nextTurn } from "node:timers/promises";
import { checkSubtasks } from "./check-subtasks.ts";
import { GenerationError, type Generator, type SplitRequest, type GeneratedSubtask } from "./generator.ts";
import { chooseWork } from "./outline/choose-work.ts";
import { phrasesOf } from "./outline/phrases.ts";
import { readStory, tidy } from "./outline/read-story.ts";
import { writeSubtasks } from "./outline/write-subtasks.ts";

/**
 * The generator without a model: it splits a story by rules, from the story's own words and criteria, the same on
 * every run, and spends nothing. It is for trying, testing and showing; it never stands in for a model that fails.
 */
export function createOutlineGenerator(): Generator {
  return { name: "outline", model: null, limited: false, splitStory };
}

async function splitStory({
  story,
  mode,
  signal,
  onDraft,
  onUsage,
}: SplitRequest): Promise<readonly GeneratedSubtask[]> {
  signal.throwIfAborted();
  const reading = readStory(story);
  const phrases = phrasesOf(reading, tidy(story.title) || "this story");
  const subtasks = writeSubtasks(story, reading, phrases, chooseWork(story, reading, phrases, mode));
  onUsage({ inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0 });

  for (const [index, { title, description, effort }] of subtasks.entries()) {
    onDraft({ index, title, description, effort });
    // Between two drafts, others get their turn: whoever shows them, and whoever cancels.
    await nextTurn();
    signal.throwIfAborted();
  }

  const checked = checkSubtasks({ subtasks }, { story, mode });
  if (!checked.ok)
    throw new GenerationError(
      `The outline generator split this story wrongly: ${checked.problems.join(" ")} Please report it.`,
    );
  return checked.subtasks;
}
