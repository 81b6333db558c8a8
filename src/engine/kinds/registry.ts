import type { Generator } from "../../generation/generator.ts";
import type { RunRow } from "../../pubsub/run-events.ts";
import { estimateRun } from "../estimate-run.ts";
import { type StartGenerateStories, startGenerateStories } from "../start-generate-stories.ts";
import { type StartGenerateSubtasks, startGenerateSubtasks } from "../start-generate-subtasks.ts";
import type { StartParts } from "../start-run.ts";
import type { SubtaskStore } from "./generate-subtasks.ts";
import type { RunKind } from "./run-kind.ts";

/** Every kind of run that this program can execute: the one place that tells them apart. */
export type RunKinds = Readonly<Partial<Record<RunRow["type"], RunKind>>>;

/** @throws Error where this program does not know the kind, such as a run that a newer one has started */
export function kindOf(kinds: RunKinds, run: Pick<RunRow, "type">): RunKind {
  const kind = kinds[run.type];
  if (kind === undefined) throw new Error(`This program cannot execute runs of the type ${run.type}.`);
  return kind;
}

/** How runs of each kind are started, and told of before; the errors are those of the functions behind. */
export type Starts = ReturnType<typeof createStarts>;

export function createStarts(
  parts: Omit<StartParts, "kind"> & {
    readonly kinds: RunKinds;
    readonly generator: Generator;
    readonly store: SubtaskStore;
  },
) {
  const of = (type: RunRow["type"]): StartParts => ({ ...parts, kind: kindOf(parts.kinds, { type }) });
  return {
    startGenerateSubtasks: async (input: StartGenerateSubtasks) =>
      startGenerateSubtasks(of("GENERATE_SUBTASKS"), input),
    estimate: async (input: Omit<StartGenerateSubtasks, "idempotencyKey">) =>
      estimateRun({ ...parts, ...of("GENERATE_SUBTASKS") }, input),
    startGenerateStories: async (input: StartGenerateStories) => startGenerateStories(of("GENERATE_STORIES"), input),
  };
}
