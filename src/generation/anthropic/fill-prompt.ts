import type { EpicContext, EpicToFill, GenerationMode, PersonaSet } from "../generator.ts";
import { STORY_COUNTS } from "../modes.ts";
import { PERSONAS } from "../personas.ts";
import { cutAtWord } from "../../backlog/characters.ts";
import { LIMITS } from "../../backlog/texts.ts";
import { BACKGROUND, commonRules, data, type Prompt } from "./prompt.ts";

/** The question for one epic, built like the one for a story: rules, what is the same over the run, the epic itself. */
export function fillPrompt(input: {
  readonly context: EpicContext;
  readonly epic: EpicToFill;
  readonly mode: GenerationMode;
  readonly personaSet: PersonaSet;
  readonly schema: Record<string, unknown> | null;
}): Prompt {
  const { context, epic, mode, personaSet, schema } = input;
  return {
    system: rules(mode, personaSet, schema),
    context: data("context", context.nonce, {
      project: context.project,
      epicsOfTheProject: context.epics.slice(0, BACKGROUND.epics).map(({ title, description }) => ({
        title,
        description: description === null ? null : cutAtWord(description, BACKGROUND.description),
      })),
      wishes: context.instructions,
    }),
    task: [
      data("epic", context.nonce, {
        title: epic.title,
        description: epic.description,
        existingStories: epic.existingStories.slice(0, BACKGROUND.titles).map(({ title, narrative }) => ({
          title,
          narrative: narrative === null ? null : cutAtWord(narrative, BACKGROUND.description),
        })),
      }),
      "Write the stories of this epic.",
    ].join("\n\n"),
    nonce: context.nonce,
  };
}

function rules(mode: GenerationMode, personaSet: PersonaSet, schema: Record<string, unknown> | null): string {
  const { least, most } = STORY_COUNTS[mode];
  return [
    "You write the user stories of an epic: each one something of value that can be built, shown and released by itself.",
    "",
    "The set:",
    `- It has ${least} to ${most} stories. Choose the number by the epic; pad nothing to reach it.`,
    "- Together the stories deliver the epic and nothing of the project's other epics.",
    "- They stand in the order in which one would build them.",
    "- What existingStories lists is there already: write none of it again, and give no story the title of one of them.",
    `- The personas are: ${PERSONAS[personaSet].join(", ")}. Give a story to whoever gains by it; one that no story is for stays out.`,
    "",
    "Each story:",
    `- title: begins with a verb, is unlike every other title, at most ${LIMITS.title} characters.`,
    "- persona: one of the personas, as it is written above.",
    '- narrative: one sentence, "As a … I want … so that …", in the language of the epic.',
    "- description: what belongs to it, where it ends, and what to watch out for, in two to five sentences.",
    "- acceptanceCriteria: two to six statements that somebody else can observe to be true or false, limits and failures among them.",
    "- priority: MUST is what the epic is useless without, SHOULD what matters much, COULD what is good to have, WONT what is left for later.",
    "- effort: XS is under an hour, S 1-2 hours, M 2-4 hours, L 4-8 hours, XL more.",
    "",
    "Write in the language of the epic, unless the wishes ask for another; the personas stay as they are written.",
    "",
    ...commonRules("stories", schema),
  ].join("\n");
}
