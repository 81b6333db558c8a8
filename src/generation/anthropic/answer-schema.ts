import { z } from "zod";
import { subtasksAnswer } from "../answer.ts";

/**
 * The JSON schema that an answer is asked for in. Only what the provider keeps to while it writes is in it: types,
 * names, choices. Lengths, ranges and counts are for `checkSubtasks`.
 */
export function answerSchema(): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(subtasksAnswer, {
    override: ({ jsonSchema }) => {
      // zod says of every integer that it is a safe one; a range is refused by the provider.
      delete jsonSchema.minimum;
      delete jsonSchema.maximum;
    },
  });
  return schema;
}
