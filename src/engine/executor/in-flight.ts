import type { GenerationCall, ItemWork } from "../kinds/run-kind.ts";
import type { AttemptResult } from "../observer.ts";
import type { RunItemRow } from "../../pubsub/run-events.ts";
import { GenerationError, type Usage } from "../../generation/generator.ts";
import { addUsage, NO_USAGE } from "../usage.ts";
import type { ProviderPace, Ticket } from "../pace/provider-pace.ts";
import type { ItemSpending } from "./budget.ts";
import { MOST_ASKED_MS } from "./retry-backoff.ts";

/** The reason of an abort of ours: no failure of the item. */
export class AbortedCall extends Error {
  override readonly name = "AbortedCall";
}

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
  start(item: RunItemRow, work: ItemWork<unknown>, parts: StartedCall): void;
  itemIds(): string[];
  abort(itemIds: readonly string[], reason: Error): void;
  /** Resolves when every call has ended. */
  settled(): Promise<void>;
}

/** What a call holds while it is under way, and where its drafts go. */
export interface StartedCall {
  readonly ticket: Ticket;
  readonly spending: ItemSpending;
  readonly onDraft: GenerationCall["onDraft"];
}

/** What an execution hears of its calls. */
export interface CallListener {
  /** After each outcome has come in. */
  onOutcome(): void;
  onEnded(result: AttemptResult): void;
  onUsage(spent: Usage): void;
}

/**
 * @param options.provider hears what calls tell of its limits
 * @param options.waitsForCache see `GenerationCall`
 */
export function createInFlight(
  { provider, waitsForCache }: { readonly provider: ProviderPace; readonly waitsForCache: boolean },
  listener: CallListener,
): InFlight {
  const calls = new Map<string, { abort: AbortController; ended: Promise<void> }>();
  let outcomes: Outcome[] = [];
  /** Set by a failure that ends the run: a call whose start was being written at that moment is not made any more. */
  let doomed: AbortedCall | null = null;

  async function call(
    item: RunItemRow,
    work: ItemWork<unknown>,
    { ticket, spending, onDraft }: StartedCall,
    signal: AbortSignal,
  ) {
    let spent = NO_USAGE;
    const onUsage = (usage: Usage) => {
      spent = addUsage(spent, usage);
      spending.spend(usage.costUsd);
      listener.onUsage(usage);
    };
    let result: Outcome["result"];
    try {
      const output = await work.generate({
        logIds: { runId: item.runId, itemId: item.id },
        signal,
        waitsForCache,
        onUsage,
        onDraft: (draft) => signal.aborted || onDraft(draft),
        onLimits: (limits) => ticket.observe(limits),
        mayAskAgain: (times) => spending.mayAskAgain(times),
      });
      result = { output };
    } catch (error) {
      result = { error };
    }
    calls.delete(item.id);
    spending.end("output" in result);
    // What every further call would meet, those under way need not meet one by one.
    if ("error" in result && result.error instanceof GenerationError && result.error.fatal) {
      doomed = new AbortedCall("Another call met what ends the run.");
      for (const { abort } of calls.values()) abort.abort(doomed);
    }
    outcomes.push({ item, spent, result });
    const ended = resultOf(result);
    ticket.end(ended, spent);
    listener.onEnded(signal.aborted && ended === "failed" ? "aborted" : ended);
    listener.onOutcome();
  }

  function resultOf(result: Outcome["result"]): "succeeded" | "failed" | "throttled" {
    if ("output" in result) return "succeeded";
    const advice = result.error instanceof GenerationError ? result.error.retry : null;
    // A provider that names a time to wait is asked nothing until then.
    provider.pause(Math.min(advice?.afterMs ?? 0, MOST_ASKED_MS));
    return advice?.throttled ? "throttled" : "failed";
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
    start(item, work, parts) {
      const abort = new AbortController();
      if (doomed !== null) abort.abort(doomed);
      const entry = { abort, ended: Promise.resolve() };
      calls.set(item.id, entry);
      entry.ended = call(item, work, parts, abort.signal);
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
