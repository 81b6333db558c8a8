import type { GenerationMode, RunContext, StoryToSplit } from "../generator.ts";
import { SUBTASK_COUNTS } from "../modes.ts";
import { cutAtWord } from "../../backlog/characters.ts";
import { LIMITS } from "../../backlog/texts.ts";
import { BACKGROUND, commonRules, data, type Prompt } from "./prompt.ts";

/**
 * The question for one story. The rules stand in `system` and nowhere else; everything that people wrote is JSON inside
 * tags that end in the run's nonce, which no text can know. For all stories of a run, `system` and `context` are the
 * same byte for byte. `schema` is for providers that do not keep to one by themselves.
 */
export function splitPrompt(input: {
  readonly context: RunContext;
  readonly story: StoryToSplit;
  readonly mode: GenerationMode;
  readonly schema: Record<string, unknown> | null;
}): Prompt {
  const { context, story, mode, schema } = input;
  return {
    system: rules(mode, schema),
    context: data("context", context.nonce, {
      project: context.project,
      epic: context.epic,
      storiesOfTheEpic: context.storyTitles.slice(0, BACKGROUND.titles),
      wishes: context.instructions,
    }),
    task: splitTask(context, story),
    nonce: context.nonce,
  };
}

/** The part of the question that is the story's own. */
export function splitTask({ nonce }: Pick<RunContext, "nonce">, story: StoryToSplit): string {
  const { title, persona, narrative, description, priority, effort, acceptanceCriteria, existingSubtasks } = story;
  // Field by field: whatever else the caller's story has is not the provider's.
  const item = data("story", nonce, {
    ...{ title, persona, narrative, description, priority, effort },
    acceptanceCriteria: acceptanceCriteria.map((text, number) => ({ number, text })),
    existingSubtasks: existingSubtasks.map(({ title, description }) => ({
      title,
      description: cutAtWord(description, BACKGROUND.description),
    })),
  });
  return `${item}\n\nSplit this story.`;
}

function rules(mode: GenerationMode, schema: Record<string, unknown> | null): string {
  const { least, most } = SUBTASK_COUNTS[mode];
  return [
    "You split user stories into subtasks that one developer can take up, finish and have reviewed one by one.",
    "",
    "The set:",
    `- It has ${least} to ${most} subtasks. Choose the number by the story; pad nothing to reach it.`,
    "- Together the subtasks deliver the whole story and nothing beyond it; the other stories of the epic are somebody else's.",
    "- They stand in the order in which one would work on them.",
    "- What existingSubtasks lists is there already: make none of it again, and give no subtask the title of one of them.",
    "",
    "Each subtask:",
    "- key: a short name of your own, unique in the set.",
    `- title: begins with a verb, names one outcome, is unlike every other title, at most ${LIMITS.title} characters.`,
    "- description: what is to be done, where it ends, and what to watch out for, in two to five sentences.",
    "- effort: XS is under an hour, S 1-2 hours, M 2-4 hours, L 4-8 hours, XL more. Split what would be XL.",
    "- acceptanceCriteria: two to five statements that somebody else can observe to be true or false.",
    "- Tests are part of the subtask that they test, never one of their own.",
    "- dependsOn: the keys of the subtasks that must be finished first, as few as possible, never in a circle.",
    "- coversCriteria: the numbers of the story's acceptance criteria that it serves. Every criterion is served by at least one subtask. A story without criteria gets empty lists.",
    "",
    "Write in the language of the story, unless the wishes ask for another.",
    "",
    ...commonRules("subtasks", schema),
  ].join("\n");
}
