import { isPlainCapitalised } from "./inflect.ts";
import { kindOfVerb } from "./kinds.ts";
import { DETERMINERS, IRREGULAR_PLURALS, MASS_NOUNS, PARTITIVES, PHRASE_ENDS, SINGULAR_IN_S } from "./words.ts";

/** What a story is about, ready to be put into sentences. */
export interface Thing {
  /** As the story says it, without an article: "campers". */
  readonly said: string;
  /** One of it, without an article: "camper", "list of supplies"; for what is not counted, the word itself. */
  readonly one: string;
  /** Several: "campers", "lists of supplies"; for what is not counted, the word itself. */
  readonly many: string;
  readonly counted: boolean;
  /** Whether it is a name, which has no article. */
  readonly named: boolean;
}

const LONGEST_PHRASE = 6;
const LONGEST_TEXT = 60;

/**
 * The noun phrase that a text begins with, determiners left out: "a dataset I have published" is about a dataset.
 * Null where no English one stands there. `titleCase` says that capitals mean nothing in this text.
 */
export function readNounPhrase(text: string, titleCase: boolean): Thing | null {
  const words: string[] = [];
  const tokens = text.split(" ");
  for (const [index, token] of tokens.entries()) {
    const word = token.replace(/^[("'“”‘]+|[)"'“”’.,;:!?]+$/gu, "");
    const lower = word.toLowerCase();
    const next = (tokens[index + 1] ?? "").toLowerCase();
    if (words.length === 0) {
      if (opens(lower, next)) continue;
      if (PHRASE_ENDS.has(lower)) break;
    } else if (lower === "of" && PARTITIVES.has((words[0] ?? "").toLowerCase())) {
      words.length = 0;
      continue;
    } else if (/^(?:the|all|any|their)$/u.test(lower) && words.at(-1)?.toLowerCase() === "of") {
      continue;
    } else if (ends(words, lower, next)) {
      break;
    }
    words.push(titleCase && isPlainCapitalised(word) ? lower : word);
    if (/[.,;:!?]$/u.test(token) || words.length === LONGEST_PHRASE) break;
  }
  while (/^(?:and|or|&|of)$/iu.test(words.at(-1) ?? "")) words.pop();
  while (words.length > 1 && words.join(" ").length > LONGEST_TEXT) words.shift();
  const said = words.join(" ");
  if (said.length > LONGEST_TEXT || !/\p{L}/u.test(said) || !/^[\p{Script=Latin}\p{M}\p{N}\p{P}\p{S} ]+$/u.test(said))
    return null;
  return countable(words);
}

/** Whether a word before a noun phrase is left out of it. */
function opens(word: string, next: string): boolean {
  // "who created a submission": what stands before an article is a verb.
  return (
    word === "" ||
    DETERMINERS.has(word) ||
    /^\p{L}+ly$/u.test(word) ||
    (/^\p{L}+ed$/u.test(word) && /^(?:an?|the|my)$/u.test(next))
  );
}

/** Whether a noun phrase ends before a word. */
function ends(words: readonly string[], word: string, next: string): boolean {
  const previous = words.at(-1) ?? "";
  const several = /[^su]s$/u.test(previous) && /\p{Ll}/u.test(previous);
  if (word === "" || PHRASE_ENDS.has(word) || /^\p{L}{3,}ly$/u.test(word)) return true;
  // "accurate and complete data" goes on, "permits and applications" is about permits.
  if (/^(?:and|or|&)$/u.test(word)) return words.length > 1 || several;
  // "datasets published by", but "agency published files".
  if (/^\p{L}{3,}ed$/u.test(word)) return next === "" || PHRASE_ENDS.has(next) || /^(?:and|or|of)$|ly$/u.test(next);
  // "attributes change", "periods start and end".
  return (
    several && kindOfVerb(word) !== undefined && (next === "" || PHRASE_ENDS.has(next) || /^(?:and|or)$/u.test(next))
  );
}

function countable(words: readonly string[]): Thing {
  const link = words.findIndex((word) => word.toLowerCase() === "of");
  const at = (link < 1 ? words.length : link) - 1;
  const head = words[at] ?? "";
  const said = words.join(" ");
  // "FABS" and "FundingAgencyCode" are names, whatever they count.
  const isName = /^[\p{Lu} ]+$/u.test(said) || (words.length === 1 && /^\p{Lu}\p{L}*\p{Lu}\p{L}*[^s]$/u.test(head));
  if (isName || MASS_NOUNS.has(head.toLowerCase()))
    return { said, one: said, many: said, counted: false, named: isName };
  const single = singular(head);
  const withHead = (noun: string): string => words.with(at, noun).join(" ");
  return {
    said,
    one: withHead(single),
    many: withHead(single === head ? plural(head) : head),
    counted: true,
    named: false,
  };
}

function singular(noun: string): string {
  const lower = noun.toLowerCase();
  const irregular = IRREGULAR_PLURALS.get(lower);
  if (irregular !== undefined) return irregular;
  if (SINGULAR_IN_S.has(lower) || !/[^su]s$/iu.test(noun) || /^[^a-z]+$/u.test(noun) || /(?:is|'s|’s)$/iu.test(noun))
    return noun;
  if (noun.endsWith("ies") && noun.length > 4) return `${noun.slice(0, -3)}y`;
  if (/(?:sh|ch|ss|x|zz)es$/u.test(noun)) return noun.slice(0, -2);
  return noun.slice(0, -1);
}

function plural(noun: string): string {
  for (const [many, one] of IRREGULAR_PLURALS) if (one === noun.toLowerCase()) return many;
  if (/[^aeiou]y$/u.test(noun)) return `${noun.slice(0, -1)}ies`;
  if (/(?:sh|ch|s|x|z)$/iu.test(noun)) return `${noun}es`;
  return `${noun}s`;
}
