import { checkHistory } from "../../scripts/chaos/check/check-history.ts";
import type { ViolationKind } from "../../scripts/chaos/violations.ts";
import { type OpenHistory, soundHistory } from "./sound-history.ts";

/** What goes wrong, what is to be found then, and how it is made. */
export type Spoil = [what: string, kinds: ViolationKind | ViolationKind[], spoil: (history: OpenHistory) => void];

/** The kinds of what is found once `spoil` has changed a history in which all was well. */
export function kindsAfter(spoil: (history: OpenHistory) => void): ViolationKind[] {
  const history = soundHistory();
  spoil(history);
  return [...new Set(checkHistory(history).violations.map(({ kind }) => kind))].toSorted();
}

/** The one that is like this. */
export function the<T>(list: readonly T[], isIt: (each: T) => boolean): T {
  const found = list.find(isIt);
  if (found === undefined) throw new Error("the made-up history has no such thing");
  return found;
}

export const eventOf = ({ stored }: Pick<OpenHistory, "stored">, runId: string, seq: number) =>
  the(stored.events, (event) => event.runId === runId && event.seq === seq);

export const seenBy = ({ watches }: OpenHistory, name: string) => the(watches, (watch) => watch.name === name).seen;
