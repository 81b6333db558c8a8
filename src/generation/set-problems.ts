import type { z } from "zod";
import { cutAtWord, lengthOf } from "../backlog/characters.ts";
import type { GenerationMode } from "./generator.ts";
import type { CountRange } from "./modes.ts";
import { isStorable } from "./storable.ts";

/** What an answer calls something, as a problem quotes it: short, whatever its length. */
export function quoted(name: string): string {
  return JSON.stringify(cutAtWord(name, 60));
}

/** What is wrong with how many entries a set has. */
export function countProblems(
  count: number,
  { least, most }: CountRange,
  mode: GenerationMode,
  [one, several]: readonly [one: string, several: string],
): string[] {
  if (count >= least && count <= most) return [];
  const found = count === 1 ? `is 1 ${one}` : `are ${count} ${several}`;
  return [`There ${found}; ${mode} asks for ${least} to ${most}.`];
}

/** What is wrong with the shape of an entry, in sentences. */
export function shapeProblems(name: string, { issues }: z.ZodError): string[] {
  return issues.map(({ path, message }) =>
    path.length === 0 ? `${name}: it must be an object.` : `${name}: ${path.join(" ")} ${message}.`,
  );
}

/** What is wrong with a text that has to be there, each as the rest of a sentence. */
export function lengthProblems(what: string, text: string, limit: number): string[] {
  const problems: string[] = [];
  const length = lengthOf(text);
  if (length === 0) problems.push(`${what} must not be empty`);
  if (length > limit) problems.push(`${what} has ${length} characters; at most ${limit} are allowed`);
  if (!isStorable(text)) problems.push(`${what} holds a NUL or half of a surrogate pair, which cannot be stored`);
  return problems;
}
