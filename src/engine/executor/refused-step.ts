import { GenerationError } from "../../generation/generator.ts";
import type { Outcome } from "./in-flight.ts";

/** What is told of an outcome that the database refused, in words that it does not. */
class UnsavedError extends GenerationError {}

/**
 * What to try after the database refused a step for what is in it: the same outcomes one by one, or the one that it was as
 * a failure of its item, told in words of ours.
 * @throws the error itself where it is no outcome's fault
 */
export function afterRefusal(outcomes: readonly Outcome[], cause: unknown): readonly Outcome[] {
  const [outcome, ...others] = outcomes;
  if (outcome === undefined) throw cause;
  if (others.length > 0) return outcomes;
  const { result } = outcome;
  if (!("error" in result)) {
    const error = new UnsavedError("What was generated could not be saved. Retry the run.", { cause });
    return [{ ...outcome, result: { error } }];
  }
  if (result.error instanceof UnsavedError) throw cause;
  const { fatal, retry } = result.error instanceof GenerationError ? result.error : { fatal: false, retry: null };
  const happened = "Generating failed, and why could not be saved; the server's log says more.";
  const error = new UnsavedError(`${happened} Retry the run.`, { cause, happened, fatal, retry });
  return [{ ...outcome, result: { error } }];
}
