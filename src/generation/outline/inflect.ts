import { DOUBLING_VERBS } from "./words.ts";

/** A verb's form on -ing; of a phrase, that of its first word: "keep track of" → "keeping track of". */
export function gerund(verb: string): string {
  const [first = "", ...rest] = verb.split(" ");
  return [`${stem(first)}ing`, ...rest].join(" ");
}

function stem(verb: string): string {
  if (DOUBLING_VERBS.has(verb)) return `${verb}${verb.at(-1) ?? ""}`;
  return /[^eoy]e$/u.test(verb) && verb.length > 2 ? verb.slice(0, -1) : verb;
}

/** A noun with "a" or "an" before it, by how it sounds. */
export function withArticle(noun: string): string {
  const [first = ""] = noun.split(" ");
  // Letters of a short abbreviation are said one by one: "an API", "a CSV".
  const vowel = /^[A-Z]{2,3}$/u.test(first)
    ? /^[AEFHILMNORSX]/u.test(first)
    : /^(?:[aei]|o(?!ne\b)|un[^i]|u[^ns]|hour|honest)/iu.test(first);
  return `${vowel ? "an" : "a"} ${noun}`;
}

export function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The text with its first letter lower-case, unless its first word is an abbreviation or a name like "OpenSpending". */
export function lowerFirst(text: string): string {
  const [first = ""] = text.split(" ");
  return isPlainCapitalised(first) || first === "A" ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

/** Whether capitals tell nothing else about a word: "Application", but not "API" or "OpenSpending". */
export function isPlainCapitalised(word: string): boolean {
  return /^\p{Lu}\p{Ll}+(?:-\p{L}\p{Ll}+)*(?:['’]s)?[.,;:!?]?$/u.test(word);
}
