import { cutAtWord, isLongerThan, withoutEnd } from "./characters.ts";
import { LIMITS } from "./texts.ts";

/** What one line of an imported text says of a story. */
export interface StoryLine {
  readonly title: string;
  readonly persona: string | null;
  readonly narrative: string | null;
  /** Whether it is of the form "As a … I want …"; else its title is the line as it is. */
  readonly isStory: boolean;
}

/** Teams list their stories: "- As a …", "3. As a …". */
const LIST_MARK = /^(?:[-*•–]|\d{1,4}[.)]) +(?=as )/i;
const OPENING = /^as (?:an?|the) /i;
const BENEFIT = /(?<=[ ,;.])so[ -]that(?![\p{L}\p{N}])/iu;
const SHORT_BENEFIT = /(?<=[ ,;.])so (?=(?:I|we) )/i;

const WHO = String.raw`(?<![\p{L}\p{N}])(?:I|we)`;
/** "I want to", and the other ways in which people put it; what follows is the clause. */
const WANT = new RegExp(
  `${WHO}(?:` +
    String.raw` (?:(?:also|just|really|simply) )?(?:want|need|wish|would(?: also)? (?:like|love)|'d(?: also)? (?:like|love))(?: to)?` +
    String.raw`|['’]d(?: also)? (?:like|love)(?: to)?` +
    String.raw`|(?: am| are|['’]m|['’]re) able to` +
    String.raw`| (?:can|could|may|must|shall|should|will|would)(?! not )` +
    String.raw`) (?=[^ ,;.])`,
  "iu",
);
/** "I don't want", "I only want": the words before "want" belong to what is wanted. */
const LIMITED_WANT = new RegExp(String.raw`${WHO} (?=(?:[\p{L}'’]+ ){1,2}(?:want|need|wish) )`, "iu");

/**
 * Reads one line, trimmed and not empty. The title is the want clause without "to", its first letter upper-case, cut at
 * a word at 200 characters; the narrative is the whole line. A line without that form is a title as it is; where that is
 * too long for one, the whole line is the narrative, so that nothing is lost.
 */
export function parseStoryLine(line: string): StoryLine {
  const narrative = line.replace(LIST_MARK, "");
  const sentence = withMissingSpaces(narrative.replace(/\s+/gu, " "));
  const opening = OPENING.exec(sentence);
  if (opening === null) return plainLine(line);
  const rest = sentence.slice(opening[0].length);
  const main = rest.slice(0, BENEFIT.exec(rest)?.index);
  const want = WANT.exec(main) ?? LIMITED_WANT.exec(main);
  if (want === null) return plainLine(line);
  const persona = withoutEnd(main.slice(0, want.index), ",;:–—-");
  const wanted = main.slice(want.index + want[0].length);
  const clause = withoutEnd(wanted.slice(0, SHORT_BENEFIT.exec(wanted)?.index), ",;:.–—-");
  if (persona === "" || clause === "") return plainLine(line);
  return { title: cutAtWord(withCapital(clause), LIMITS.title), persona, narrative, isStory: true };
}

function plainLine(line: string): StoryLine {
  const narrative = isLongerThan(line, LIMITS.title) ? line : null;
  return { title: cutAtWord(line, LIMITS.title), persona: null, narrative, isStory: false };
}

/** Real backlogs have "As anInspector" and "As a DeveloperI want". */
function withMissingSpaces(sentence: string): string {
  return sentence.replace(/^([Aa]s an?)(?=\p{Lu}\p{Ll})/u, "$1 ").replace(/(?<=\p{Ll})I(?=['’ ])/u, " I");
}

/** The first letter upper-case; quotes and brackets before it stay. */
function withCapital(clause: string): string {
  return clause.replace(/^["'“‘«([]*\p{Ll}/u, (start) => start.toUpperCase());
}
