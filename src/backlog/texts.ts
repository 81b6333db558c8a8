import { z } from "zod";
import { InvalidInputError } from "../errors.ts";
import { isLongerThan, lengthOf } from "./characters.ts";

/** The longest that texts may be, in characters (code points) after trimming, and the longest lists. */
export const LIMITS = {
  /** Of a name or title. */
  title: 200,
  narrative: 5_000,
  /** Of every other text. */
  text: 20_000,
  /** How many acceptance criteria a list may have, and how long each may be. */
  criteria: 50,
  criterion: 1_000,
  idempotencyKey: 200,
  /** How many ids or numbers a list of references may have. */
  references: 1_000,
  /** Of the content of an import. */
  import: 2_000_000,
  /** How many stories one import may bring. */
  importedStories: 50_000,
} as const;

/**
 * An input that follows its schema, trimmed and with its defaults.
 * @throws InvalidInputError with everything that is wrong with it
 */
export function parseInput<S extends z.ZodType>(schema: S, input: z.input<S>): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new InvalidInputError(result.error.issues.map(({ path, message }) => ({ path: path.map(String), message })));
}

/** What is wrong with a trimmed text, in a sentence that says what to do, or null. `what` begins that sentence. */
export function problemOf(what: string, text: string, limit: number): string | null {
  if (isLongerThan(text, limit))
    return `${what} may have up to ${counted(limit)} characters; this one has ${counted(lengthOf(text))}. Shorten it.`;
  if (text.includes("\0")) return `${what} holds a NUL character (U+0000), which cannot be stored. Remove it.`;
  if (!text.isWellFormed())
    return `${what} holds half of a surrogate pair (a broken character), which cannot be stored. Remove it.`;
  return null;
}

/** A number as people read it: 20,000. */
export function counted(count: number): string {
  return count.toLocaleString("en");
}

/** A text that has to be there: empty after trimming is invalid. */
export function requiredText(what: string, limit: number) {
  return z
    .string(`${what} must be a text.`)
    .trim()
    .superRefine((text, context) => {
      const problem = text === "" ? `${what} must not be empty.` : problemOf(what, text, limit);
      if (problem !== null) context.addIssue({ code: "custom", message: problem });
    });
}

/** A text that may be left out or null; empty after trimming is null. */
export function optionalText(what: string, limit: number) {
  return storableText(what, limit)
    .transform((text) => (text === "" ? null : text))
    .nullish();
}

/** A text that may be left out or empty, which null means too. */
export function emptyableText(what: string, limit: number) {
  return storableText(what, limit)
    .nullish()
    .transform((text) => (text === null ? "" : text));
}

/** A list of acceptance criteria, none of them empty; null is an empty list. */
export const criteriaList = z
  .array(z.string())
  .nullish()
  .transform((list, context) => {
    // The list's length first: no word on each of a hundred thousand criteria.
    if (list && list.length > LIMITS.criteria) {
      const message = `There may be up to ${LIMITS.criteria} acceptance criteria; these are ${counted(list.length)}.`;
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    }
    return (
      list?.map((text, index) => {
        const parsed = criterion.safeParse(text);
        for (const { message } of parsed.error?.issues ?? []) {
          context.addIssue({ code: "custom", path: [index], message });
        }
        return parsed.data ?? "";
      }) ?? (list === null ? [] : undefined)
    );
  });

const criterion = requiredText("An acceptance criterion", LIMITS.criterion);

/** A field of an update that cannot be cleared: it may be left out, and null is invalid. */
export function unclearable<S extends z.ZodType>(what: string, schema: S) {
  return schema.nullish().transform((value, context) => {
    if (value !== null) return value;
    const message = `${what} cannot be cleared. Leave it out to keep it as it is.`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}

/** A list of ids or numbers without repetition; null is an empty list. */
export function references<S extends z.ZodType>(what: string, entry: S) {
  return z
    .array(entry)
    .max(LIMITS.references, `${what} may have up to ${counted(LIMITS.references)} entries.`)
    .nullish()
    .transform((list) => (list === null ? [] : list));
}

/** A place among siblings, from 0. */
export const position = z
  .int("The position must be a whole number.")
  .min(0, { error: ({ input }) => `Positions count from 0; ${String(input)} is none.` });

function storableText(what: string, limit: number) {
  return z
    .string(`${what} must be a text.`)
    .trim()
    .superRefine((text, context) => {
      const problem = problemOf(what, text, limit);
      if (problem !== null) context.addIssue({ code: "custom", message: problem });
    });
}
