import { cutAtWord } from "../../../backlog/characters.ts";
import { LIMITS } from "../../../backlog/texts.ts";
import type { AnsweredStory } from "../../answered-story.ts";
import type { EpicToFill, GenerationMode, PersonaSet } from "../../generator.ts";
import { STORY_COUNTS } from "../../modes.ts";
import { PERSONAS, type Persona } from "../../personas.ts";
import { titleKey } from "../../title-key.ts";
import { upperFirst, withArticle } from "../inflect.ts";
import { featuresOf, type Feature } from "./features.ts";
import { STORY_PATTERNS, type StoryPattern } from "./patterns.ts";
import { topicsOf, type Topic } from "./topics.ts";

/** A title may return once all are used up; it then says which round it is. */
const ROUNDS = 1_000;

/**
 * The stories of an epic: first what its description asks for, then what most epics need, in the words of its title.
 * In the shape that a model would answer in; titles that the epic has already are passed over.
 */
export function writeStories(epic: EpicToFill, mode: GenerationMode, set: PersonaSet): readonly AnsweredStory[] {
  const personas = PERSONAS[set];
  const { least, most } = STORY_COUNTS[mode];
  const topics = topicsOf(epic.title);
  const features = featuresOf(epic.description, personas);
  const count = Math.min(most, least + Math.ceil(features.length / 2) + topics.length - 1);

  const taken = new Set(epic.existingStories.map(({ title }) => titleKey(title)));
  const stories: AnsweredStory[] = [];
  const add = (story: AnsweredStory): boolean => {
    const key = titleKey(story.title);
    if (taken.has(key)) return false;
    taken.add(key);
    stories.push(story);
    return true;
  };

  // Half of the set at most, so that a long description does not leave out what it does not speak of.
  for (const feature of features) if (stories.length < Math.ceil(count / 2)) add(storyOfFeature(feature, topics[0]));
  const patterns = STORY_PATTERNS.filter(({ persona }) => personas.includes(persona));
  for (let round = 1; stories.length < count && round < ROUNDS; round++) {
    for (const [index, pattern] of patterns.entries()) {
      if (stories.length < count) add(storyOfPattern(pattern, topics[index % topics.length] ?? topics[0], round));
    }
  }
  return stories;
}

function storyOfFeature({ persona, want, so }: Feature, topic: Topic): AnsweredStory {
  return {
    title: cutAtWord(upperFirst(want), LIMITS.title),
    persona,
    narrative: narrativeOf(persona, want, so ?? "I can rely on it"),
    description: `The epic asks for it in its own words: ${upperFirst(want)}. It ends where ${topic.many} are touched in another way.`,
    acceptanceCriteria: [
      `Whoever is meant can ${want}, from beginning to end.`,
      "What goes wrong on the way is told in plain words, and nothing that was done before is lost.",
      "Whoever has no right to it cannot do it.",
    ],
    priority: "MUST",
    effort: "M",
  };
}

function storyOfPattern(pattern: StoryPattern, topic: Topic, round: number): AnsweredStory {
  const say = (text: string): string => fill(text, topic);
  const mark = round === 1 ? "" : ` (round ${round})`;
  return {
    title: `${cutAtWord(upperFirst(say(pattern.want)), LIMITS.title - mark.length)}${mark}`,
    persona: pattern.persona,
    narrative: narrativeOf(pattern.persona, say(pattern.want), pattern.so),
    description: upperFirst(say(pattern.what)),
    acceptanceCriteria: pattern.done.map((each) => upperFirst(say(each))),
    priority: pattern.priority,
    effort: pattern.effort,
  };
}

function narrativeOf(persona: Persona, want: string, so: string): string {
  const who = persona === "System" ? "the system" : withArticle(spoken(persona));
  return cutAtWord(`As ${who}, I want to ${want}, so that ${so}.`, LIMITS.narrative);
}

function spoken(persona: Persona): string {
  return persona === "Operations" ? "operations engineer" : persona.startsWith("QA") ? persona : persona.toLowerCase();
}

function fill(text: string, { one, many }: Topic): string {
  const words: Readonly<Record<string, string>> = {
    one,
    many,
    a: withArticle(one),
    A: upperFirst(withArticle(one)),
    the: `the ${one}`,
  };
  return text.replace(/\{(\w+)\}/gu, (place, name: string) => words[name] ?? place);
}
