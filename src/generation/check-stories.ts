import { answeredStory, type AnsweredStory } from "./answered-story.ts";
import { entriesOf } from "./answer.ts";
import type { EpicToFill, GeneratedStory, GenerationMode, PersonaSet } from "./generator.ts";
import { STORY_COUNTS } from "./modes.ts";
import { PERSONAS } from "./personas.ts";
import { cutAtWord } from "../backlog/characters.ts";
import { LIMITS } from "../backlog/texts.ts";
import { countProblems, lengthProblems, quoted, shapeProblems } from "./set-problems.ts";
import { toStorable } from "./storable.ts";
import { titleKey } from "./title-key.ts";

/** What a set of stories is held against. */
export interface StoryRules {
  readonly epic: Pick<EpicToFill, "existingStories">;
  readonly mode: GenerationMode;
  readonly personaSet: PersonaSet;
}

export type CheckedStories =
  | { readonly ok: true; readonly stories: readonly GeneratedStory[] }
  | { readonly ok: false; readonly problems: readonly string[] };

const CRITERIA = { least: 2, most: 6 };

/**
 * The one check that every set of stories passes before it is saved, whoever wrote it. What passes is trimmed, and its
 * personas are written as the set writes them. What does not comes back with everything that is wrong, in sentences
 * that a model can mend it by and a person can read.
 */
export function checkStories(candidate: unknown, rules: StoryRules): CheckedStories {
  const entries = entriesOf(candidate, "stories");
  if (entries === null) return { ok: false, problems: ['The answer must be an object with a list named "stories".'] };

  const problems = countProblems(entries.length, STORY_COUNTS[rules.mode], rules.mode, ["story", "stories"]);
  const stories: GeneratedStory[] = [];
  const titles = new Map<string, number>();
  const existing = new Set(rules.epic.existingStories.map(({ title }) => titleKey(title)));
  for (const [index, entry] of entries.entries()) {
    const parsed = answeredStory.safeParse(entry);
    if (!parsed.success) {
      problems.push(...shapeProblems(`Story ${index + 1}`, parsed.error));
      continue;
    }
    const story = tidied(parsed.data);
    const persona = personaOf(story.persona, rules.personaSet);
    const key = titleKey(story.title);
    const found = textProblems(story);
    if (persona === null) {
      found.push(`persona ${quoted(story.persona)} is none of ${PERSONAS[rules.personaSet].join(", ")}`);
    }
    const first = titles.get(key);
    if (key !== "" && existing.has(key)) found.push("the epic already has a story with this title");
    if (key !== "" && first !== undefined) found.push(`it has the same title as story ${first + 1}`);
    if (first === undefined) titles.set(key, index);
    problems.push(...found.map((problem) => `${nameOf(index, story)}: ${problem}.`));
    stories.push({ ...story, persona: persona ?? story.persona });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, stories };
}

function tidied(story: AnsweredStory): AnsweredStory {
  const line = (text: string): string => text.trim().replace(/\s+/gu, " ");
  return {
    ...story,
    // These are one line wherever they are shown.
    title: line(story.title),
    persona: line(story.persona),
    narrative: line(story.narrative),
    description: story.description.trim(),
    acceptanceCriteria: story.acceptanceCriteria.map((criterion) => criterion.trim()),
  };
}

/** The persona that is meant, as the set writes it: "an end user" is one, a made-up "Power user" none. */
function personaOf(told: string, set: PersonaSet): string | null {
  const key = titleKey(told.replace(/^(?:an?|the)\s+/iu, ""));
  return PERSONAS[set].find((persona) => titleKey(persona) === key) ?? null;
}

function textProblems({ title, narrative, description, acceptanceCriteria: criteria }: AnsweredStory): string[] {
  const problems = [
    ...lengthProblems("title", title, LIMITS.title),
    ...lengthProblems("narrative", narrative, LIMITS.narrative),
    ...lengthProblems("description", description, LIMITS.text),
    ...criteria.flatMap((text, index) => lengthProblems(`acceptance criterion ${index + 1}`, text, LIMITS.criterion)),
  ];
  if (criteria.length < CRITERIA.least || criteria.length > CRITERIA.most) {
    problems.push(`it has ${criteria.length} acceptance criteria; ${CRITERIA.least} to ${CRITERIA.most} are asked for`);
  }
  return problems;
}

function nameOf(index: number, { title }: AnsweredStory): string {
  const shown = toStorable(title);
  return shown === "" ? `Story ${index + 1}` : `Story ${index + 1} (“${cutAtWord(shown, 60)}”)`;
}
