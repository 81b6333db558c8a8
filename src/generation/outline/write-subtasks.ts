import type { AnsweredSubtask } from "../answer.ts";
import type { Effort, StoryToSplit } from "../generator.ts";
import { cutAtWord } from "../../backlog/characters.ts";
import { LIMITS } from "../../backlog/texts.ts";
import { toStorable } from "../storable.ts";
import type { Work } from "./choose-work.ts";
import { fill, type Phrases } from "./phrases.ts";
import type { StoryReading } from "./read-story.ts";
import { KIND_SLICES } from "./slices/kind-slices.ts";

/** Hours that a story of each effort is taken for, to be shared out among its subtasks. */
const STORY_HOURS: Readonly<Record<Effort, number>> = { XS: 0.75, S: 1.5, M: 3, L: 6, XL: 14 };
/** What a slice of each size is when nothing is known about the story's effort. */
const EFFORT_BY_SIZE: readonly Effort[] = ["S", "M", "L", "L"];

/** Writes chosen work out as subtasks, in the shape that a model would answer in. */
export function writeSubtasks(
  story: StoryToSplit,
  reading: StoryReading,
  phrases: Phrases,
  work: readonly Work[],
): readonly AnsweredSubtask[] {
  const aim = reading.benefit === null ? `who wants to ${phrases.goal}` : `so that ${cutAtWord(reading.benefit, 300)}`;
  const sizes = work.reduce((sum, each) => sum + each.slice.size, 0);
  return work.map((each, index) => ({
    key: `${index}`,
    title: each.title,
    description: `${fill(each.slice.what, phrases)} For ${phrases.who}, ${aim}.`,
    effort: effortOf(each.slice.size, story.effort, sizes),
    acceptanceCriteria: criteriaOf(story, phrases, each),
    dependsOn: before(work, reading, index).map((place) => `${place}`),
    coversCriteria: each.criteria,
  }));
}

function effortOf(size: number, story: Effort | null, sizes: number): Effort {
  if (story === null) return EFFORT_BY_SIZE[size - 1] ?? "L";
  const hours = (STORY_HOURS[story] * size) / sizes;
  return hours < 1 ? "XS" : hours < 2 ? "S" : hours < 4 ? "M" : "L";
}

/** The story's own criteria first, word for word; then so many of the slice's that there are two to four. */
function criteriaOf(story: StoryToSplit, phrases: Phrases, { slice, criteria }: Work): string[] {
  const told = criteria
    .map((index) => cutAtWord(toStorable(story.acceptanceCriteria[index] ?? "").trim(), LIMITS.criterion))
    .filter((criterion) => criterion !== "");
  const own = slice.done.map((criterion) => cutAtWord(fill(criterion, phrases), LIMITS.criterion));
  // The last of a slice's own is its test: that one always stays.
  const room = Math.max(1, 4 - told.length);
  return [...told.slice(0, LIMITS.criteria - 1), ...own.slice(-room)];
}

/** The places of the work that comes first. What was left out of the set is stood for by what comes before it. */
function before(work: readonly Work[], { kind }: StoryReading, index: number): number[] {
  const slice = work[index]?.slice;
  const places = new Set<number>();
  const slices = KIND_SLICES[kind];
  const follow = (ids: readonly string[]): void => {
    for (const id of ids) {
      const place = work.findIndex((each) => each.slice.id === id && slices.includes(each.slice));
      if (place >= 0 && place < index) places.add(place);
      else if (place < 0) follow(slices.find((each) => each.id === id)?.after ?? []);
    }
  };
  if (slice === undefined) return [];
  if (slices.includes(slice)) follow(slice.after ?? []);
  else {
    // Work that criteria lead, and work beside the story's own, needs the main piece to be there.
    const sizes = work.map((each): number => (slices.includes(each.slice) ? each.slice.size : 0));
    const main = sizes.indexOf(Math.max(...sizes));
    if (main >= 0 && main < index) places.add(main);
  }
  return [...places].sort((a, b) => a - b);
}
