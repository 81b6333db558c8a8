import type { GenerationCall, ItemWork } from "../kinds/run-kind.ts";
import type { RunItemRow } from "../../pubsub/run-events.ts";
import type { Usage } from "../../generation/generator.ts";
import { addUsage, NO_USAGE } from "../usage.ts";

/** A call of the generator that has ended, and what it gave. */
export interface Outcome {
  readonly item: RunItemRow;
  readonly spent: Usage;
  readonly result: { readonly output: unknown } | { readonly error: unknown };
}

/** The calls of the generator that one execution has under way. */
export interface InFlight {
  readonly size: number;
  /** Up to `most` outcomes that came in since the last time, in order. */
  take(most: number): Outcome[];
  /** Puts outcomes back, before newer ones. */
  putBack(outcomes: readonly Outcome[]): void;
  start(item: RunItemRow, work: ItemWork<unknown>, onDraft: GenerationCall["onDraft"]): void;
  itemIds(): string[];
  abort(itemIds: readonly string[], reason: Error): void;
  /** Resolves when every call has ended. */
  settled(): Promise<void>;
}

/** @param onOutcome called after each outcome has come in; `succeeded` is false for failures and aborted calls */
export function createInFlight(onOutcome: (succeeded: boolean) => void): InFlight {
  const calls = new Map<string, { abort: AbortController; ended: Promise<void> }>();
  let outcomes: Outcome[] = [];

  async function call(
    item: RunItemRow,
    work: ItemWork<unknown>,
    signal: AbortSignal,
    onDraft: GenerationCall["onDraft"],
  ) {
    let spent = NO_USAGE;
    const onUsage = (usage: Usage) => (spent = addUsage(spent, usage));
    let result: Outcome["result"];
    try {
      const output = await work.generate({
        signal,
        onUsage,
        onDraft: (draft) => signal.aborted || onDraft(draft),
        onLimits: () => {},
      });
      result = { output };
    } catch (error) {
      result = { error };
    }
    calls.delete(item.id);
    outcomes.push({ item, spent, result });
    onOutcome("output" in result);
  }

  return {
    get size() {
      return calls.size;
    },
    take(most) {
      return outcomes.splice(0, most);
    },
    putBack(earlier) {
      outcomes = [...earlier, ...outcomes];
    },
    start(item, work, onDraft) {
      const abort = new AbortController();
      const entry = { abort, ended: Promise.resolve() };
      calls.set(item.id, entry);
      entry.ended = call(item, work, abort.signal, onDraft);
    },
    itemIds() {
      return [...calls.keys()];
    },
    abort(itemIds, reason) {
      for (const id of itemIds) calls.get(id)?.abort.abort(reason);
    },
    async settled() {
      await Promise.all([...calls.values()].map(({ ended }) => ended));
    },
  };
}
