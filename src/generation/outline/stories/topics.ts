import { isPlainCapitalised, lowerFirst } from "../inflect.ts";
import { verbAt } from "../kinds.ts";
import { readNounPhrase } from "../noun-phrase.ts";
import { tidy } from "../read-story.ts";

/** What an epic's stories are about, ready to be put into sentences. */
export interface Topic {
  /** "camp registration" */
  readonly one: string;
  readonly many: string;
}

/** Words behind what an area is about that only say that it is one. */
const AREA =
  /\s+(?:management|administration|handling|planning|module|system|feature|features|area|pages?|section|epic|improvements?|process|workflow)$/iu;
const LONGEST = 50;

/**
 * What an epic is about, at least one thing, by its title: "Billing & invoices" is about billing records and invoices,
 * "Camp management" about camps. A title in no Latin letters is quoted.
 */
export function topicsOf(title: string): readonly [Topic, ...Topic[]] {
  const told = tidy(title);
  const topics = told.split(/\s*(?:,|;|:|&|\+|\/|\band\b|\bor\b)\s*/iu).flatMap((part) => topicOf(part) ?? []);
  const [first, ...others] = topics;
  if (first !== undefined) return [first, ...others];
  const quoted = `“${[...told].slice(0, LONGEST).join("")}”`;
  return [{ one: `part of ${quoted}`, many: `parts of ${quoted}` }];
}

function topicOf(part: string): Topic | null {
  const area = withoutVerb(part).replace(AREA, "").trim();
  if (!/^[\p{Script=Latin}\p{Script=Common}]*$/u.test(area) || !/\p{L}{2}/u.test(area) || area.length > LONGEST)
    return null;
  const titleCase = area.split(" ").every((word) => isPlainCapitalised(word));
  const thing = readNounPhrase(titleCase ? area : lowerFirst(area), true);
  const said = thing?.said ?? lowerFirst(area);
  // "Publishing" is nothing one can point at, a record of it is. Other languages have plurals of their own.
  if (thing === null || !thing.counted || /(?:ing|out|up|\d)$|[^ -~‘’]/u.test(said))
    return { one: `${said} record`, many: `${said} records` };
  return { one: thing.one, many: thing.many };
}

/** "Manage camps" is about camps, "Let visitors book a tour" about tours. */
function withoutVerb(part: string): string {
  const words = part.replace(/^(?:let|help|allow|enable)\s+\S+\s+(?:to\s+)?/iu, "").split(" ");
  const verb = verbAt(words, 0);
  return verb === null || verb.length === words.length ? words.join(" ") : words.slice(verb.length).join(" ");
}
