import type { GenerationMode } from "./generator.ts";

/** How many subtasks or stories a set has, both ends included. */
export interface CountRange {
  readonly least: number;
  readonly most: number;
}

/** How finely a story is split: the only place that says so. */
export const SUBTASK_COUNTS: Readonly<Record<GenerationMode, CountRange>> = {
  COMPACT: { least: 3, most: 5 },
  STANDARD: { least: 5, most: 8 },
  DETAILED: { least: 8, most: 12 },
};

/** How many stories an epic is filled with. */
export const STORY_COUNTS: Readonly<Record<GenerationMode, CountRange>> = {
  COMPACT: { least: 5, most: 8 },
  STANDARD: { least: 8, most: 12 },
  DETAILED: { least: 12, most: 15 },
};
