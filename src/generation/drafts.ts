import { z } from "zod";
import { EFFORTS, type StoryDraft, type SubtaskDraft } from "./generator.ts";
import { cutAtWord } from "../backlog/characters.ts";
import { LIMITS } from "../backlog/texts.ts";
import { toStorable } from "./storable.ts";

const draftEntry = z.object({
  title: z.string().transform((title) => toStorable(title).trim().replace(/\s+/gu, " ")),
  description: z.string().catch(""),
  effort: z.enum(EFFORTS).nullable().catch(null),
});
const storyEntry = z.object({ narrative: z.string().trim().min(1) });

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

/** The same of a story: what tells most of it is its narrative, where it has one. */
export function storyDraftOf(entry: unknown, index: number): StoryDraft | null {
  const draft = draftOf(entry, index);
  const { data } = storyEntry.safeParse(entry);
  if (draft === null || data === undefined) return draft;
  return { ...draft, description: cutAtWord(toStorable(data.narrative), LIMITS.narrative) };
}
