import type { AnsweredSubtask } from "./answer.ts";
import { quoted } from "./set-problems.ts";

/** Subtasks by their place in the set, each with the places of those that come first, or what is wrong with them. */
export interface ResolvedReferences {
  readonly dependsOn: readonly (readonly number[])[];
  readonly problems: readonly string[];
}

/**
 * Turns `dependsOn` from keys into places in the set, ascending and each once, and names every key that is empty,
 * double or unknown, every subtask that depends on itself, and a circle of dependencies where there is one.
 * `nameOf` says how a problem calls the subtask at a place.
 */
export function resolveReferences(
  subtasks: readonly AnsweredSubtask[],
  nameOf: (index: number) => string,
): ResolvedReferences {
  const problems: string[] = [];
  const places = new Map<string, number>();
  for (const [index, { key }] of subtasks.entries()) {
    const first = places.get(key.trim());
    if (key.trim() === "") problems.push(`${nameOf(index)}: key must not be empty.`);
    else if (first === undefined) places.set(key.trim(), index);
    else problems.push(`${nameOf(index)}: key ${quoted(key)} is already used by ${nameOf(first)}.`);
  }

  const dependsOn = subtasks.map((subtask, index) => {
    const before = new Set<number>();
    for (const key of new Set(subtask.dependsOn.map((each) => each.trim()))) {
      const place = places.get(key);
      if (place === undefined) {
        problems.push(`${nameOf(index)}: dependsOn names ${quoted(key)}, which is the key of no subtask.`);
      } else if (place === index) {
        problems.push(`${nameOf(index)}: it depends on itself.`);
      } else {
        before.add(place);
      }
    }
    return [...before].sort((a, b) => a - b);
  });

  const circle = findCircle(dependsOn);
  if (circle !== null) {
    problems.push(`Subtasks wait for each other in a circle: ${[...circle, circle[0] ?? 0].map(nameOf).join(" → ")}.`);
  }
  return { dependsOn, problems };
}

/** The places of one circle, in the order in which they wait for each other, or null where there is none. */
function findCircle(dependsOn: readonly (readonly number[])[]): readonly number[] | null {
  const done = new Set<number>();
  // A path of our own instead of recursion: how long an answer is, is not ours to say.
  for (const start of dependsOn.keys()) {
    if (done.has(start)) continue;
    const path: { at: number; next: number }[] = [{ at: start, next: 0 }];
    const onPath = new Set([start]);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const before = dependsOn[top.at]?.[top.next++];
      if (before === undefined) {
        onPath.delete(top.at);
        done.add(top.at);
        path.pop();
      } else if (onPath.has(before)) {
        return path.slice(path.findIndex((step) => step.at === before)).map((step) => step.at);
      } else if (!done.has(before)) {
        onPath.add(before);
        path.push({ at: before, next: 0 });
      }
    }
  }
  return null;
}
