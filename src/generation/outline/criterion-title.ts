import { cutAtWord } from "../../backlog/characters.ts";
import { kindOfVerb, verbAt } from "./kinds.ts";
import { gerund, lowerFirst, upperFirst } from "./inflect.ts";
import { tidy } from "./read-story.ts";
import { ENGLISH, IRREGULAR_PARTICIPLES, OTHER_VERBS } from "./words.ts";

const LONGEST = 120;
const SUBJECT = "(?<subject>[^,;:]{1,80}?)";
const NOUNS_TOO = /^(?:access|support|email|text|version|rate|message|index|order|post)$/iu;
const CAN = new RegExp(
  `^${SUBJECT} (?:can|may|(?:is|are|should be|must be|will be) able to) (?!not\\b)(?<rest>.+)$`,
  "iu",
);
const CANNOT = new RegExp(
  `^${SUBJECT} (?:cannot|can['’]?t|can not|may not|must not|mustn['’]t|should not|shouldn['’]t) (?<verb>[\\p{L}]+)(?<rest>.*)$`,
  "iu",
);
const PASSIVE = new RegExp(
  `^${SUBJECT} (?:(?:must|should|shall|will|has to|have to|needs? to) (?:be|get)|is|are|gets?) (?<done>\\p{L}+)(?<rest>(?:\\s.*)?)$`,
  "iu",
);
const MUST = new RegExp(
  `^${SUBJECT} (?:must|should|shall|will|has to|have to|needs? to) (?<verb>\\p{L}+)(?<rest>.*)$`,
  "iu",
);
const DOES = new RegExp(`^${SUBJECT} (?<verb>\\p{L}+s)(?<rest>(?:\\s.*)?)$`, "iu");

/**
 * What has to be done so that an acceptance criterion is met, verb first: "An error is shown when the file is empty"
 * asks to "Show an error when the file is empty". Words that follow no known pattern are asked for as they are.
 */
export function criterionTitle(criterion: string, who: string): string {
  const told = tidy(criterion)
    .replace(/^(?:[-*•]\s*|\(?\d+[.)]\s*|AC\s*\d+\s*[:.-]\s*)/iu, "")
    .replace(/^given\b.*?\bthen\b[,:]?\s*/iu, "")
    .replace(/[\s.;:!]+$/u, "");
  return cutAtWord(asTask(told, who), LONGEST);
}

function asTask(told: string, who: string): string {
  if (!/^[\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]+$/u.test(told) || !/\p{L}{2}/u.test(told))
    return `Meet “${told}”`;

  if (isImperative(told.split(" "))) return upperFirst(told);

  const cannot = CANNOT.exec(told)?.groups;
  if (cannot !== undefined && isVerb(cannot["verb"]))
    return `Keep ${subject(cannot, who)} from ${gerund(cannot["verb"] ?? "")}${cannot["rest"] ?? ""}`;
  const can = CAN.exec(told)?.groups;
  if (can !== undefined) return `Let ${subject(can, who)} ${can["rest"] ?? ""}`;
  const passive = PASSIVE.exec(told)?.groups;
  const undone = passive === undefined ? null : baseOf(passive["done"] ?? "");
  if (passive !== undefined && undone !== null)
    return `${upperFirst(undone)} ${subject(passive, who)}${passive["rest"] ?? ""}`;
  const must = MUST.exec(told)?.groups;
  if (must !== undefined && isVerb(must["verb"]))
    return `Make ${subject(must, who)} ${must["verb"] ?? ""}${must["rest"] ?? ""}`;
  const does = DOES.exec(told)?.groups;
  const base = does === undefined ? null : baseOfPresent(does["verb"] ?? "");
  if (does !== undefined && base !== null) return `Make ${subject(does, who)} ${base}${does["rest"] ?? ""}`;

  const sentence = /\b(?:is|are|was|were|has|have|can|cannot|must|should|will|does|do|may|need|needs)\b/iu.test(told);
  if (!ENGLISH.test(told)) return `Meet “${told}”`;
  return sentence ? `Ensure that ${lowerFirst(told)}` : `Provide ${lowerFirst(told)}`;
}

/** "Validate the email", but not "Export must finish" or "Lists show a title": many verbs are nouns as well. */
function isImperative(words: readonly string[]): boolean {
  const [first = "", second = ""] = words;
  if (verbAt(words, 0) === null || words.length < 2 || NOUNS_TOO.test(first)) return false;
  return (
    !/^(?:must|should|shall|can|cannot|may|will|is|are|has|have|was|does|needs?|and|or)$/iu.test(second) &&
    baseOfPresent(second) === null
  );
}

/** Who or what a criterion is about, as the middle of a sentence. */
function subject(groups: Readonly<Record<string, string>>, who: string): string {
  const said = lowerFirst(groups["subject"] ?? "");
  if (/^(?:i|we)$/iu.test(said)) return who;
  return /^(?:user|admin|administrator|system|owner|customer|app|page)$/u.test(said) ? `the ${said}` : said;
}

function isVerb(word: string | undefined): boolean {
  const lower = (word ?? "").toLowerCase();
  return lower === "be" || OTHER_VERBS.has(lower) || kindOfVerb(lower) !== undefined;
}

/** "shown" → "show"; null for what is no participle of a known verb. */
function baseOf(participle: string): string | null {
  const lower = participle.toLowerCase();
  const irregular = IRREGULAR_PARTICIPLES.get(lower);
  if (irregular !== undefined) return irregular;
  if (!lower.endsWith("ed")) return null;
  const bases = [lower.slice(0, -2), lower.slice(0, -1), lower.slice(0, -3), `${lower.slice(0, -3)}y`];
  return bases.find((base) => isVerb(base)) ?? null;
}

/** "shows" → "show"; null for what is no verb known here. */
function baseOfPresent(verb: string): string | null {
  const lower = verb.toLowerCase();
  return [lower.slice(0, -1), lower.slice(0, -2), `${lower.slice(0, -3)}y`].find((base) => isVerb(base)) ?? null;
}
