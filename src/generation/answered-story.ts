import { z } from "zod";
import { EFFORTS, PRIORITIES } from "./generator.ts";

const text = z.string("must be a text");

/**
 * One story as a model writes it, in the names of the public contract. Only the shape: lengths, counts and personas are
 * checked after it, each with words of its own. The descriptions reach the model with the schema.
 */
export const answeredStory = z.object({
  title: text.describe("What is wanted, verb first, at most 200 characters."),
  persona: text.describe("Who wants it: one of the personas listed, as it is written there."),
  narrative: text.describe("As a … I want … so that …"),
  description: text.describe("What belongs to it and what does not, in a few sentences."),
  acceptanceCriteria: z
    .array(text, "must be a list of texts")
    .describe("Two to six statements that somebody can observe to be true once it is done."),
  priority: z.enum(PRIORITIES, `must be one of ${PRIORITIES.join(", ")}`).describe("How much the epic needs it."),
  effort: z
    .enum(EFFORTS, `must be one of ${EFFORTS.join(", ")}`)
    .describe("XS under 1 h, S 1-2 h, M 2-4 h, L 4-8 h, XL over 8 h."),
});

/** The whole answer. */
export const storiesAnswer = z.object({ stories: z.array(answeredStory) });

export type AnsweredStory = z.infer<typeof answeredStory>;
