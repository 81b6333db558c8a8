import { createAllowance } from "./allowance.ts";
import type { AllowanceStore } from "./allowance-store.ts";
import { exchange } from "./exchange.ts";

/**
 * An allowance of this process alone: for a generator whose calls nobody limits, so that there is nothing to share.
 * @param options.now milliseconds of the epoch
 */
export function createOwnAllowance(options: { limited: boolean; now: () => number }): AllowanceStore {
  let allowance = createAllowance(options.limited);
  return {
    shared: false,
    async exchange(ask) {
      const after = exchange(allowance, ask, options.now());
      ({ allowance } = after);
      return after.answer;
    },
  };
}
