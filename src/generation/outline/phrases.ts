import { cutAtWord } from "../../backlog/characters.ts";
import { gerund, lowerFirst, withArticle } from "./inflect.ts";
import { kindOfVerb, WEAK_VERBS, type Kind } from "./kinds.ts";
import type { StoryReading } from "./read-story.ts";

/** The words of a story for the places `{…}` in the texts of slices; see `Slice` for what each stands for. */
export interface Phrases {
  readonly one: string;
  readonly many: string;
  readonly a: string;
  readonly the: string;
  readonly object: string;
  readonly verb: string;
  readonly doing: string;
  readonly goal: string;
  readonly let: string;
  readonly do: string;
  readonly who: string;
  readonly aWho: string;
}

/** Longer ones are cut at a word, so that a title says more than the story's sentence again. */
const LONGEST = { who: 60, object: 60, goal: 110, quoted: 80 };

/** What a story is about where its kind tells and its sentence does not; null: its title is quoted. */
const KNOWN_THINGS: Readonly<Record<Kind, string | null>> = {
  view: "result",
  search: "result",
  report: "result",
  create: "record",
  edit: "record",
  remove: "record",
  restore: "record",
  manage: "record",
  validate: "record",
  data: "record",
  upload: "file",
  exporting: "file",
  share: "page",
  visibility: "page",
  access: "page",
  design: "page",
  content: "text",
  notify: "event",
  message: "message",
  invite: "new member",
  signUp: "account",
  performance: "answer",
  integrate: "interface",
  research: "question",
  operations: "setup",
  workflow: "case",
  schedule: "appointment",
  pay: "payment",
  general: null,
};

/** The phrases of a story that has been read; `title` is what is quoted where nothing of it was understood. */
export function phrasesOf(reading: StoryReading, title: string): Phrases {
  const who = cutAtWord(reading.who, LONGEST.who);
  const known = KNOWN_THINGS[reading.kind];
  const quoted = `“${cutAtWord(title.replaceAll(/[“”]/gu, '"'), LONGEST.quoted)}”`;
  const thing =
    reading.thing ??
    (known === null ? null : { said: known, one: known, many: `${known}s`, counted: true, named: false });
  const verb = tellingVerb(reading);
  const object = objectOf(reading) ?? (thing === null ? quoted : `the ${thing.one}`);
  const goal = goalOf(reading, object, who);
  const quotedTask = `Deliver ${quoted}`;
  const letWho =
    goal === null || reading.verb === null || reading.denied ? (goal ?? quotedTask) : `Let the ${who} ${goal}`;
  // What people do with their eyes no program does for them: "Let the API user get a CSV", not "Get a CSV".
  const seen = reading.verb !== null && ["view", "search"].includes(kindOfVerb(reading.verb) ?? "");

  return {
    one: thing?.one ?? quoted,
    many: thing?.many ?? quoted,
    a: thing === null ? quoted : thing.counted ? withArticle(thing.one) : thing.one,
    the: thing === null ? quoted : thing.named ? thing.one : `the ${thing.one}`,
    object,
    verb,
    doing: gerund(verb),
    goal: lowerFirst(goal ?? `have ${object}`),
    let: letWho,
    do: seen ? letWho : (goal ?? quotedTask).replace(/^(\S+) their /u, "$1 the "),
    who: `the ${who}`,
    aWho: withArticle(who),
  };
}

/** Puts the story's words into a text; what comes first in a sentence gets a capital letter. */
export function fill(text: string, phrases: Phrases): string {
  const filled = text.replace(/\{(\w+)\}/gu, (place, name: string) => {
    if (!isPhrase(name, phrases)) throw new TypeError(`The outline has no words for ${place} in "${text}".`);
    return phrases[name];
  });
  // A first word with capitals further in ("iOS") keeps its small letter.
  return filled.replace(/(?:^|[.?!] )\p{Ll}(?=[\p{Ll}'’-]*(?:[\s,.]|$))/gu, (start) => start.toUpperCase());
}

function isPhrase(name: string, phrases: Phrases): name is keyof Phrases {
  return Object.hasOwn(phrases, name);
}

/** The object as the story puts it, up to the first "if", "when" or "and"; the bare noun where that is still long. */
function objectOf({ verb, object, thing }: StoryReading): string | null {
  if (thing === null) return verb !== null && object !== "" && object.length <= LONGEST.object ? object : null;
  const { said } = thing;
  if (verb === null) return thing.named ? said : `the ${said}`;
  const [short = ""] = object.split(/,|\s(?:if|when|where|who|because|while|even|rather|prior|and|so)\s/u);
  if (short.includes(said) && short.length <= LONGEST.object) return short;
  return `the ${said}`;
}

/** What is wanted, as a request; null where its words say too little to be one. */
function goalOf(reading: StoryReading, object: string, who: string): string | null {
  if (reading.denied) return `Keep ${object} away from the ${who}`;
  if (reading.verb !== null) return cutAtWord(`${reading.verb} ${reading.object}`.trim(), LONGEST.goal);
  if (reading.thing === null) return null;
  const after = reading.object.slice(reading.object.indexOf(reading.thing.said) + reading.thing.said.length);
  if (/^an?\s/iu.test(reading.object) || !/^\s\p{L}+ed\b|(?<!\b(?:prior|due|up|back|according)\b)\sto\s/u.test(after)) {
    return cutAtWord(`provide ${lowerFirst(reading.object)}`, LONGEST.goal);
  }
  // "the URLs to reflect the page" is to have the URLs reflect the page.
  return cutAtWord(
    `have ${reading.object.replace(/(?<!\b(?:prior|due|up|back|according)\b)\sto\s(?:be\s)?/u, " ")}`,
    LONGEST.goal,
  );
}

/** The story's verb where it says what people do; "have" and "be notified" do not. */
function tellingVerb(reading: StoryReading): string {
  const { verb } = reading;
  if (
    verb === null ||
    reading.denied ||
    WEAK_VERBS.has(verb) ||
    /^(?:be|know|have|see|move|better|find out|learn)\b/u.test(verb)
  ) {
    return reading.kind === "view" ? "view" : reading.kind === "create" ? "add" : "use";
  }
  return kindOfVerb(verb) === undefined ? "use" : verb;
}
