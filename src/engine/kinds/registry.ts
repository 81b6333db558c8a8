import type { RunRow } from "../../pubsub/run-events.ts";
import type { RunKind } from "./run-kind.ts";

/** Every kind of run that this program can execute: the one place that tells them apart. */
export type RunKinds = Readonly<Partial<Record<RunRow["type"], RunKind>>>;

/** @throws Error where this program does not know the kind, such as a run that a newer one has started */
export function kindOf(kinds: RunKinds, run: Pick<RunRow, "type">): RunKind {
  const kind = kinds[run.type];
  if (kind === undefined) throw new Error(`This program cannot execute runs of the type ${run.type}.`);
  return kind;
}
