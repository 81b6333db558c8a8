import { InvalidInputError, type InputIssue } from "../errors.ts";
import { isLongerThan, lengthOf } from "./characters.ts";
import { parseStoryLine, type StoryLine } from "./story-line.ts";
import { counted, LIMITS, problemOf } from "./texts.ts";

/** Something that whoever imports should look at; `line` counts from 1 in the content as it was sent. */
export interface ImportWarning {
  readonly line: number;
  readonly message: string;
}

export interface ImportedLines {
  readonly stories: readonly StoryLine[];
  readonly warnings: readonly ImportWarning[];
}

/** An answer that lists every line of a file that is wrong throughout would be as long as the file. */
const MOST_ISSUES = 20;

/**
 * Reads a text of one story a line; lines without text are passed over.
 * @throws InvalidInputError where the content is too long or has no line of text, or a line is too long or cannot be stored
 */
export function readLines(content: string): ImportedLines {
  const text = content.trim();
  if (isLongerThan(text, LIMITS.import)) {
    const limit = counted(LIMITS.import);
    const length = counted(lengthOf(text));
    throw invalid([`The content may have up to ${limit} characters; this one has ${length}. Import it in parts.`]);
  }
  // Only the ends of a line are trimmed, of the content too: lines are counted as they were sent.
  const lines = content
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line, index) => ({ line: index + 1, text: line.trim() }))
    .filter((line) => line.text !== "");
  if (lines.length === 0) throw invalid(["The content has no line of text, so there is no story in it."]);
  if (lines.length > LIMITS.importedStories) {
    const limit = counted(LIMITS.importedStories);
    throw invalid([
      `The content may have up to ${limit} lines of text; this one has ${counted(lines.length)}. Import it in parts.`,
    ]);
  }
  const problems = lines.flatMap((line) => problemOf(`Line ${line.line}`, line.text, LIMITS.narrative) ?? []);
  if (problems.length > 0) throw invalid(problems);

  const stories = lines.map((line) => parseStoryLine(line.text));
  const firstLines = new Map<string, number>();
  const warnings = lines.flatMap(({ line, text }, index): ImportWarning[] => {
    const found: ImportWarning[] = [];
    if (stories[index]?.isStory === false) {
      const message = "This line is not of the form “As a … I want …”; it has become the title of a story as it is.";
      found.push({ line, message });
    }
    const key = text.replace(/\s+/gu, " ").toUpperCase().toLowerCase();
    const first = firstLines.get(key);
    if (first === undefined) firstLines.set(key, line);
    else found.push({ line, message: `This line says the same as line ${first}; both have become stories.` });
    return found;
  });
  return { stories, warnings };
}

function invalid(problems: readonly string[]): InvalidInputError {
  const issues: InputIssue[] = problems.slice(0, MOST_ISSUES).map((message) => ({ path: ["content"], message }));
  const more = problems.length - issues.length;
  if (more > 0) issues.push({ path: ["content"], message: `${counted(more)} more lines have problems like these.` });
  return new InvalidInputError(issues);
}
