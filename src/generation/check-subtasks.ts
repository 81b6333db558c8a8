import { answeredSubtask, entriesOf, type AnsweredSubtask } from "./answer.ts";
import { resolveReferences } from "./check-references.ts";
import type { GeneratedSubtask, GenerationMode, StoryToSplit } from "./generator.ts";
import { SUBTASK_COUNTS } from "./modes.ts";
import { cutAtWord } from "../backlog/characters.ts";
import { LIMITS } from "../backlog/texts.ts";
import { countProblems, lengthProblems, shapeProblems } from "./set-problems.ts";
import { toStorable } from "./storable.ts";
import { titleKey } from "./title-key.ts";

/** What a set of subtasks is held against. */
export interface SetRules {
  readonly story: Pick<StoryToSplit, "acceptanceCriteria" | "existingSubtasks">;
  readonly mode: GenerationMode;
}

export type CheckedSet =
  | { readonly ok: true; readonly subtasks: readonly GeneratedSubtask[] }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * The one check that every set passes before it is saved, whoever wrote it. What passes is trimmed, its `dependsOn`
 * are places in the set, its `coversCriteria` ascending. What does not comes back with everything that is wrong, in
 * sentences that a model can mend it by and a person can read. Criteria that no subtask covers are no problem here:
 * `uncoveredCriteria` names them.
 */
export function checkSubtasks(candidate: unknown, rules: SetRules): CheckedSet {
  const entries = entriesOf(candidate, "subtasks");
  if (entries === null) {
    return { ok: false, problems: ['The answer must be an object with a list named "subtasks".'] };
  }

  const problems = countProblems(entries.length, SUBTASK_COUNTS[rules.mode], rules.mode, ["subtask", "subtasks"]);
  const wellFormed: { readonly index: number; readonly subtask: AnsweredSubtask }[] = [];
  for (const [index, entry] of entries.entries()) {
    const parsed = answeredSubtask.safeParse(entry);
    if (parsed.success) wellFormed.push({ index, subtask: tidied(parsed.data) });
    else problems.push(...shapeProblems(`Subtask ${index + 1}`, parsed.error));
  }

  for (const { index, subtask } of wellFormed) {
    const name = nameOf(index, subtask);
    for (const problem of [...textProblems(subtask), ...coverageProblems(subtask, rules)]) {
      problems.push(`${name}: ${problem}.`);
    }
  }
  problems.push(...titleProblems(wellFormed, rules));

  // References are only looked at where every key is known: a malformed subtask would make good ones look wrong.
  if (wellFormed.length < entries.length) return { ok: false, problems };
  const subtasks = wellFormed.map(({ subtask }) => subtask);
  const references = resolveReferences(subtasks, (index) => nameOf(index, subtasks[index]));
  problems.push(...references.problems);
  if (problems.length > 0) return { ok: false, problems };

  return {
    ok: true,
    subtasks: subtasks.map(({ title, description, effort, acceptanceCriteria, coversCriteria }, index) => ({
      title,
      description,
      effort,
      acceptanceCriteria,
      dependsOn: references.dependsOn[index] ?? [],
      coversCriteria: [...new Set(coversCriteria)].sort((a, b) => a - b),
    })),
  };
}

/** The numbers, from 0, of the story's acceptance criteria that no subtask of the set serves. */
export function uncoveredCriteria(
  story: Pick<StoryToSplit, "acceptanceCriteria">,
  subtasks: readonly Pick<GeneratedSubtask, "coversCriteria">[],
): number[] {
  const covered = new Set(subtasks.flatMap((subtask) => subtask.coversCriteria));
  return [...story.acceptanceCriteria.keys()].filter((index) => !covered.has(index));
}

function tidied(subtask: AnsweredSubtask): AnsweredSubtask {
  return {
    ...subtask,
    // A title is one line wherever it is shown.
    title: subtask.title.trim().replace(/\s+/gu, " "),
    description: subtask.description.trim(),
    acceptanceCriteria: subtask.acceptanceCriteria.map((criterion) => criterion.trim()),
  };
}

function textProblems(subtask: AnsweredSubtask): string[] {
  const { acceptanceCriteria: criteria } = subtask;
  const problems = [
    ...lengthProblems("title", subtask.title, LIMITS.title),
    ...lengthProblems("description", subtask.description, LIMITS.text),
    ...criteria.flatMap((text, index) => lengthProblems(`acceptance criterion ${index + 1}`, text, LIMITS.criterion)),
  ];
  if (criteria.length === 0) problems.push("it has no acceptance criteria, so nobody could tell that it is done");
  if (criteria.length > LIMITS.criteria) {
    problems.push(`it has ${criteria.length} acceptance criteria; at most ${LIMITS.criteria} are allowed`);
  }
  return problems;
}

function coverageProblems(subtask: AnsweredSubtask, { story }: SetRules): string[] {
  const count = story.acceptanceCriteria.length;
  const wrong = [...new Set(subtask.coversCriteria)].filter((index) => index < 0 || index >= count);
  if (wrong.length === 0) return [];
  const numbered =
    count === 0 ? "the story has no acceptance criteria" : `the story's criteria are numbered 0 to ${count - 1}`;
  const named = wrong.length > 5 ? [...wrong.slice(0, 5), "…"] : wrong;
  return [`coversCriteria names ${named.join(", ")}, but ${numbered}`];
}

function titleProblems(
  subtasks: readonly { readonly index: number; readonly subtask: AnsweredSubtask }[],
  { story }: SetRules,
): string[] {
  const existing = new Set(story.existingSubtasks.map((subtask) => titleKey(subtask.title)));
  const seen = new Map<string, number>();
  const problems: string[] = [];
  for (const { index, subtask } of subtasks) {
    const key = titleKey(subtask.title);
    const first = seen.get(key);
    if (key === "") continue;
    if (existing.has(key)) problems.push(`${nameOf(index, subtask)}: the story already has a subtask with this title.`);
    if (first === undefined) seen.set(key, index);
    else problems.push(`${nameOf(index, subtask)}: it has the same title as subtask ${first + 1}.`);
  }
  return problems;
}

function nameOf(index: number, subtask: Pick<AnsweredSubtask, "title"> | undefined): string {
  const title = toStorable(subtask?.title ?? "");
  return title === "" ? `Subtask ${index + 1}` : `Subtask ${index + 1} (“${cutAtWord(title, 60)}”)`;
}
