import { withoutEnd } from "../../backlog/characters.ts";
import type { StoryToSplit } from "../generator.ts";
import { toStorable } from "../storable.ts";
import { gerund, isPlainCapitalised, lowerFirst } from "./inflect.ts";
import { CUES, kindOfVerb, verbAt, WEAK_VERBS, type Kind } from "./kinds.ts";
import { readNounPhrase, type Thing } from "./noun-phrase.ts";
import { ENGLISH, LEAD_INS, PHRASE_ENDS } from "./words.ts";

/** What the outline makes of a story's sentence. */
export interface StoryReading {
  /** Who wants it, without an article: "camp administrator". */
  readonly who: string;
  /** The verb of what is wanted in its base form, "search for" included; null where it does not begin with one. */
  readonly verb: string | null;
  /** What follows the verb (or all of it, where there is none), in the third person: "a dataset they have published". */
  readonly object: string;
  /** The same boiled down to a noun; null where there is no English one. */
  readonly thing: Thing | null;
  /** Whether it is something that shall not be. */
  readonly denied: boolean;
  /** What for, in the third person: "they can correct existing data". */
  readonly benefit: string | null;
  readonly kind: Kind;
}

const WANT =
  /(?:\b|(?<=\p{Ll}))(?:I|i|[Ww]e)(?:['’](?:m|d|ll))?\s+(?:(?:am|are|would|will|should|only|really|also)\s+)*(?<not>(?:do not|don['’]t|never)\s+)?(?:want|need|wish|like|can|able|be able|expect|must)\b\s*/u;
const AIM =
  /(?<=[\s,;.–—-])(?:so that(?: that)?|so(?= (?:i|we|they|he|she|it|my|our|the|users?)\b)|in order that|in order to|because)\s+/iu;
const PERSONA = /^\W*as\s+(?:an?(?=[\s\p{Lu}])|the)?\s*/iu;
/** A verb's last word that is no noun: "keep track of" is not about an of. */
const PARTICLE =
  /\b(?:of|to|on|up|in|for|with|out|at|about|among|after|into|that|if|back|from|better|private|public|off|down|notified|warned|alerted|informed|told|reminded|sure|confident|understand)$/u;
const DONE_TO_THINGS: ReadonlySet<Kind> = new Set([
  "create",
  "edit",
  "remove",
  "restore",
  "upload",
  "search",
  "manage",
  "exporting",
  "share",
  "schedule",
]);
const SHOWN_TO_PEOPLE: ReadonlySet<Kind> = new Set(["view", "search", "report", "exporting", "data", "create"]);

/**
 * Reads a story's sentence: its narrative where that is one ("As a … I want … so that …", any case, commas or none),
 * else its title. Never fails: what it cannot read it leaves null, with the kind "general".
 */
export function readStory(story: StoryToSplit): StoryReading {
  const narrative = tidy(story.narrative ?? "");
  const title = tidy(story.title);
  const found = WANT.exec(narrative);
  const sentence = found === null ? title : narrative.slice(found.index + found[0].length);
  const aim = AIM.exec(sentence);
  const said = withoutMarks(aim === null ? sentence : sentence.slice(0, aim.index)) || title;
  // A title's capital says nothing; inside a sentence it may.
  const clause = found === null ? lowerFirst(said) : said;
  const benefit = aim === null ? "" : withoutMarks(sentence.slice(aim.index + aim[0].length));

  const persona = tidy(story.persona ?? (found === null ? "" : narrative.slice(0, found.index).replace(PERSONA, "")));
  const who = lowered(withoutMarks(persona).replace(/^(?:an?|the)\s+/iu, "")) || "user";
  const core = withoutLeadIns(clause);
  const titleCase = isTitleCase(core, found === null ? 3 : 2);
  const head = readVerb(core) ?? readGerund(core);
  const english = head !== null || found !== null || ENGLISH.test(clause) || isEnglishHeading(clause);
  const rest = head === null ? core : head.rest;
  // "log attendance" is about attendance, "keep track of campers" about campers.
  const noun = head === null || PARTICLE.test(head.verb) ? "" : head.verb.split(" ").slice(1).join(" ");
  const object = `${noun} ${titleCase ? lowered(rest) : rest}`.trim();
  // "provide the owner with sources" is about sources.
  const about = head?.verb === "provide" ? object.replace(/^.+? with (?=\p{L}+ )/u, "") : object;
  const denied = found?.groups?.["not"] !== undefined;

  return {
    who,
    verb:
      head === null
        ? null
        : noun === ""
          ? head.verb.replace(/^be (?:sure|confident)/u, "ensure")
          : (head.verb.split(" ")[0] ?? null),
    object: inThirdPerson(object),
    thing: english ? readNounPhrase(inThirdPerson(about), titleCase) : null,
    denied,
    benefit: benefit === "" ? null : lowerFirst(inThirdPerson(benefit)),
    kind: denied ? "validate" : english ? kindOf(head?.verb ?? null, clause, who) : "general",
  };
}

function kindOf(verb: string | null, clause: string, who: string): Kind {
  const byVerb = verb === null ? undefined : kindOfVerb(verb);
  const technical = /\b(?:developer|engineer|devops|team member|architect|tester)\b/iu.test(who);
  const says = byVerb !== undefined && verb !== null && !WEAK_VERBS.has(verb);
  const cued = CUES.find(([, cue]) => cue.test(clause))?.[0];
  const kind =
    says && !(technical && ["create", "edit", "view"].includes(byVerb)) ? byVerb : (cued ?? byVerb ?? "general");
  // What a program asks for comes through an interface, not on a page.
  return /\bAPI\b/u.test(who) && SHOWN_TO_PEOPLE.has(kind) ? "integrate" : kind;
}

/** The verb that a clause begins with, verbs joined to it left out ("sign and submit forms" is signing forms). */
function readVerb(clause: string): { readonly verb: string; readonly rest: string } | null {
  const tokens = clause.split(" ");
  const verb = verbAt(tokens, 0);
  if (verb === null) return null;
  let next = verb.length;
  for (;;) {
    const joined = /^(?:and|or|&|,)$/iu.test(tokens[next] ?? "") ? next + 1 : next;
    const other = verbAt(tokens, joined);
    // Two verbs side by side only where the second can be no noun: "create modify rules", not "generate reports".
    const certain = joined > next || ["edit", "remove", "search"].includes(kindOfVerb(other?.verb ?? "") ?? "");
    if (other === null || !certain || joined + other.length >= tokens.length) break;
    next = joined + other.length;
  }
  return { verb: verb.verb, rest: tokens.slice(next).join(" ") };
}

/** The same for a heading: "Editing profiles", "Dataset editing". */
function readGerund(clause: string): { readonly verb: string; readonly rest: string } | null {
  const tokens = clause.split(" ");
  const first = verbOfGerund(tokens[0] ?? "");
  if (first !== undefined && tokens.length > 1) return { verb: first, rest: tokens.slice(1).join(" ") };
  const last = tokens.length > 1 && tokens.length <= 4 ? verbOfGerund(tokens.at(-1) ?? "") : undefined;
  // "User testing" and "error logging" are things, "dataset editing" is done to datasets.
  return last === undefined || !DONE_TO_THINGS.has(kindOfVerb(last) ?? "general")
    ? null
    : { verb: last, rest: tokens.slice(0, -1).join(" ") };
}

function verbOfGerund(word: string): string | undefined {
  const [, stem] = /^(\p{L}{2,})ing$/iu.exec(word.toLowerCase()) ?? [];
  return stem === undefined
    ? undefined
    : [stem, `${stem}e`, stem.slice(0, -1)].find(
        (base) => kindOfVerb(base) !== undefined && gerund(base) === word.toLowerCase(),
      );
}

function withoutLeadIns(clause: string): string {
  let core = clause;
  for (;;) {
    const lower = core.toLowerCase();
    const lead = LEAD_INS.find((words) => lower.startsWith(`${words} `) && verbAt(lower.split(" "), 0) === null);
    if (lead === undefined) return core;
    core = core.slice(lead.length + 1);
  }
}

/** Whether a few words without a verb are an English heading: "Password reset". */
function isEnglishHeading(clause: string): boolean {
  return /^[ -~]+$/u.test(clause) && clause.split(" ").length <= 4 && CUES.some(([, cue]) => cue.test(clause));
}

/** Whether a clause Writes Every Word Like This, at least so many of them, so that capitals say nothing. */
function isTitleCase(clause: string, least: number): boolean {
  const words = clause.split(" ").filter((word) => /^\p{L}{3,}/u.test(word) && !PHRASE_ENDS.has(word.toLowerCase()));
  return words.length >= least && words.every((word) => /^\p{Lu}/u.test(word));
}

const THIRD_PERSON: readonly (readonly [RegExp, string])[] = [
  [/\b(?:I|we)(?:['’]m|['’]re| am)\b/giu, "they are"],
  [/\b(?:I|we)['’]ve\b/giu, "they have"],
  [/\b(?:I|we)['’]d\b/giu, "they would"],
  [/\b(?:I|we)\b/giu, "they"],
  [/\b(?:my|our)\b/giu, "their"],
  [/\b(?:me|us)\b/gu, "them"],
  [/\b(?:myself|ourselves)\b/giu, "themselves"],
  [/\b(?:mine|ours)\b/giu, "theirs"],
];

function inThirdPerson(text: string): string {
  let told = text;
  for (const [first, third] of THIRD_PERSON) told = told.replace(first, third);
  return told;
}

/** Every plain capitalised word in lower case: "Camp Administrator" is no name. */
function lowered(text: string): string {
  return text
    .split(" ")
    .map((word) => (isPlainCapitalised(word) ? word.toLowerCase() : word))
    .join(" ");
}

/** The text without the marks that end a clause. */
function withoutMarks(text: string): string {
  return withoutEnd(text, ".,;:!–—-");
}

/** One line without what cannot be stored and without spaces at its ends. */
export function tidy(text: string): string {
  return toStorable(text).replaceAll("\uFEFF", "").replace(/\s+/gu, " ").trim();
}
