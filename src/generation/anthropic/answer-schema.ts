import { z } from "zod";

/**
 * The JSON schema that an answer is asked for in. Only what the provider keeps to while it writes is in it: types,
 * names, choices. Lengths, ranges and counts are for the check.
 */
export function answerSchema(answer: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(answer, {
    override: ({ jsonSchema }) => {
      // zod says of every integer that it is a safe one; a range is refused by the provider.
      delete jsonSchema.minimum;
      delete jsonSchema.maximum;
    },
  });
  return schema;
}
