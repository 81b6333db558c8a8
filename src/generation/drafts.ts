import { z } from "zod";
import { entriesOf } from "./answer.ts";
import { EFFORTS, type SubtaskDraft } from "./generator.ts";
import { cutAtWord } from "../backlog/characters.ts";
import { LIMITS } from "../backlog/texts.ts";
import { toStorable } from "./storable.ts";

const draftEntry = z.object({
  title: z.string().transform((title) => toStorable(title).trim().replace(/\s+/gu, " ")),
  description: z.string().catch(""),
  effort: z.enum(EFFORTS).nullable().catch(null),
});

/** What can be shown of one entry before the set is checked, or null where it has no title to show. */
export function draftOf(entry: unknown, index: number): SubtaskDraft | null {
  const parsed = draftEntry.safeParse(entry);
  if (!parsed.success || parsed.data.title === "") return null;
  const { title, description, effort } = parsed.data;
  return {
    index,
    title: cutAtWord(title, LIMITS.title),
    description: cutAtWord(toStorable(description).trim(), LIMITS.text),
    effort,
  };
}

/** The drafts of a whole answer, in order. */
export function draftsOf(candidate: unknown): SubtaskDraft[] {
  return (entriesOf(candidate) ?? []).flatMap((entry, index) => draftOf(entry, index) ?? []);
}
