import { z } from "zod";
import { EFFORTS } from "./generator.ts";

const text = z.string("must be a text");

/**
 * One subtask as a model writes it: the names of the public contract, and a `key` of its own for others to depend on.
 * Only the shape: lengths, counts and references are checked after it, each with words of its own. The descriptions
 * reach the model with the schema.
 */
export const answeredSubtask = z.object({
  key: text.describe("Short name of this subtask, unique in the answer; only dependsOn refers to it."),
  title: text.describe("Verb first, one outcome, at most 200 characters."),
  description: text.describe("What is to be done and for whom, in a few sentences."),
  effort: z
    .enum(EFFORTS, `must be one of ${EFFORTS.join(", ")}`)
    .describe("XS under 1 h, S 1-2 h, M 2-4 h, L 4-8 h, XL over 8 h."),
  acceptanceCriteria: z
    .array(text, "must be a list of texts")
    .describe("Two to five statements that somebody can observe to be true once it is done."),
  dependsOn: z.array(text, "must be a list of keys").describe("Keys of the subtasks that have to be done first."),
  coversCriteria: z
    .array(z.int("must be a whole number"), "must be a list of numbers")
    .describe("Numbers, from 0, of the story's acceptance criteria that this subtask serves."),
});

/** The whole answer. */
export const subtasksAnswer = z.object({ subtasks: z.array(answeredSubtask) });

export type AnsweredSubtask = z.infer<typeof answeredSubtask>;

/** What a candidate for an answer holds under a name: entries, not yet looked into, or null where it has no list of them. */
export function entriesOf(candidate: unknown, list: string): readonly unknown[] | null {
  const parsed = z.object({ [list]: z.array(z.unknown()) }).safeParse(candidate);
  return parsed.success ? (parsed.data[list] ?? null) : null;
}
