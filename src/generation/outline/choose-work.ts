import type { GenerationMode, StoryToSplit } from "../generator.ts";
import { SUBTASK_COUNTS } from "../modes.ts";
import { cutAtWord } from "../../backlog/characters.ts";
import { LIMITS } from "../../backlog/texts.ts";
import { titleKey } from "../title-key.ts";
import { criterionTitle } from "./criterion-title.ts";
import type { Kind } from "./kinds.ts";
import { fill, type Phrases } from "./phrases.ts";
import { tidy, type StoryReading } from "./read-story.ts";
import { COMMON_SLICES } from "./slices/common.ts";
import { KIND_SLICES } from "./slices/kind-slices.ts";
import type { Slice } from "./slices/slice.ts";

/** One subtask to be written: a slice under its title, with the numbers of the story's criteria that it serves. */
export interface Work {
  readonly slice: Slice;
  readonly title: string;
  readonly criteria: number[];
}

/** A piece of work that a criterion of the story asks for and no slice has. */
const LED_BY_CRITERION: Omit<Slice, "title"> = {
  id: "criterion",
  need: 1,
  size: 2,
  what: "Build what the story's acceptance criteria ask for here, from what {who} does to what they see, its limits included.",
  done: ["A test shows it with one example that fits and one that does not."],
};

/** The title of a slice may return once all are used up; it then says which round it is. */
const ROUNDS = 1_000;

/**
 * Chooses the work that a story is split into: as many pieces as the mode and the story's size ask for, none with a
 * title that the story has already, every acceptance criterion with exactly one of them, in the order of doing.
 */
export function chooseWork(
  story: StoryToSplit,
  { kind, thing }: StoryReading,
  phrases: Phrases,
  mode: GenerationMode,
): readonly Work[] {
  const count = countFor(story, phrases, mode);
  const one = thing !== null && thing.counted && thing.said === thing.one;
  const candidates = candidatesFor(story, kind, phrases).filter(({ slice }) => !one || slice.several !== true);
  const { drawn, others } = drawCriteria(
    story.acceptanceCriteria,
    candidates,
    Math.max(3, Math.ceil(story.acceptanceCriteria.length / count)),
  );
  const led = ledWork(story, phrases, others, Math.min(others.length, Math.floor(count / 2)), candidates);

  const byWeight = [...candidates].sort((a, b) => weight(b, drawn) - weight(a, drawn));
  const chosen = byWeight.slice(0, count - led.length);
  const work = inOrder(
    candidates.filter((each) => chosen.includes(each)),
    led,
  );
  while (work.length < count) work.push(anotherRound(work, candidates, kind, phrases, story));

  for (const [candidate, criteria] of drawn) if (chosen.includes(candidate)) candidate.criteria.push(...criteria);
  for (const index of story.acceptanceCriteria.keys()) {
    if (work.some((each) => each.criteria.includes(index))) continue;
    const home = [...work].sort((a, b) => a.criteria.length - b.criteria.length || b.slice.size - a.slice.size)[0];
    home?.criteria.push(index);
  }
  for (const each of work) each.criteria.sort((a, b) => a - b);
  return work;
}

/** How many subtasks suit the story within the mode's range: more for a long wish, many criteria, a large effort. */
function countFor(story: StoryToSplit, phrases: Phrases, mode: GenerationMode): number {
  const { least, most } = SUBTASK_COUNTS[mode];
  const long = phrases.goal.split(" ").length > 8 ? 1 : 0;
  const effort = story.effort === null ? 0 : { XS: -1, S: -1, M: 0, L: 1, XL: 2 }[story.effort];
  const more = long + effort + Math.floor(story.acceptanceCriteria.length / 3);
  return Math.min(most, Math.max(least, least + more));
}

function candidatesFor(story: StoryToSplit, kind: Kind, phrases: Phrases): readonly Work[] {
  const taken = new Set(story.existingSubtasks.map((subtask) => titleKey(subtask.title)));
  const common = COMMON_SLICES.filter((slice) => slice.kinds.includes(kind));
  const candidates: Work[] = [];
  for (const slice of [...KIND_SLICES[kind], ...common]) {
    const title = cutAtWord(fill(slice.title, phrases), LIMITS.title);
    if (taken.has(titleKey(title))) continue;
    taken.add(titleKey(title));
    candidates.push({ slice, title, criteria: [] });
  }
  return candidates;
}

/** Gives each criterion to the slice whose words it has most of, at most `limit` to one; the rest are for others. */
function drawCriteria(
  criteria: readonly string[],
  candidates: readonly Work[],
  limit: number,
): { readonly drawn: ReadonlyMap<Work, readonly number[]>; readonly others: readonly number[] } {
  const drawn = new Map<Work, number[]>();
  const others: number[] = [];
  for (const [index, criterion] of criteria.entries()) {
    let best: Work | undefined;
    let most = 0;
    for (const candidate of candidates) {
      const hits = hitsOf(criterion, candidate.slice.draws);
      if (hits > most && (drawn.get(candidate)?.length ?? 0) < limit) [best, most] = [candidate, hits];
    }
    if (best === undefined) others.push(index);
    else drawn.set(best, [...(drawn.get(best) ?? []), index]);
  }
  return { drawn, others };
}

function hitsOf(criterion: string, draws: RegExp | undefined): number {
  if (draws === undefined) return 0;
  return new Set(criterion.toLowerCase().match(draws)).size;
}

/** What speaks for taking a slice: how much the story needs it, and that criteria of the story belong to it. */
function weight(work: Work, drawn: ReadonlyMap<Work, readonly number[]>): number {
  return 3 - work.slice.need + (drawn.has(work) ? 1.5 : 0);
}

/** Pieces of work of their own for criteria that no slice draws, neighbours together where there are more than places. */
function ledWork(
  story: StoryToSplit,
  phrases: Phrases,
  criteria: readonly number[],
  places: number,
  beside: readonly Work[],
): Work[] {
  const taken = new Set([...story.existingSubtasks, ...beside].map((each) => titleKey(each.title)));
  const led: Work[] = [];
  for (let place = 0; place < places; place++) {
    const own = criteria.slice(
      Math.floor((place * criteria.length) / places),
      Math.floor(((place + 1) * criteria.length) / places),
    );
    const titles = own.map((index) => criterionTitle(tidy(story.acceptanceCriteria[index] ?? ""), phrases.who));
    const title = titles.find((each) => !taken.has(titleKey(each)));
    if (title === undefined) continue;
    taken.add(titleKey(title));
    led.push({ slice: { ...LED_BY_CRITERION, title }, title, criteria: [...own] });
  }
  return led;
}

/** The slices in their own order, the work that criteria lead right behind the largest of them. */
function inOrder(slices: readonly Work[], led: readonly Work[]): Work[] {
  const largest = Math.max(0, ...slices.map((work) => work.slice.size));
  const behind = slices.findIndex((work) => work.slice.size === largest) + 1;
  return [...slices.slice(0, behind), ...led, ...slices.slice(behind)];
}

/** A slice that the story has had already, under a title that says so: better than an invented one. */
function anotherRound(
  work: readonly Work[],
  candidates: readonly Work[],
  kind: Kind,
  phrases: Phrases,
  story: StoryToSplit,
): Work {
  const taken = new Set([...story.existingSubtasks, ...work, ...candidates].map((each) => titleKey(each.title)));
  for (let round = 2; round < ROUNDS; round++) {
    for (const slice of KIND_SLICES[kind]) {
      const mark = ` (round ${round})`;
      const title = `${cutAtWord(fill(slice.title, phrases), LIMITS.title - mark.length)}${mark}`;
      if (!taken.has(titleKey(title))) return { slice, title, criteria: [] };
    }
  }
  throw new RangeError(`The outline found no new title for the story after ${ROUNDS} rounds.`);
}
