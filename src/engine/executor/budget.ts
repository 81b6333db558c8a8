/** An item may cost more than the dearest so far: stories differ in length. */
const MARGIN = 1.5;

/** What a run may cost, and how many of its items may be begun within that. */
export interface Budget {
  /**
   * Items that may begin beside those in flight, if each costs half as much again as the dearest one so far. None where
   * what was spent is not known any more.
   */
  mayStart(spentUsd: number | null, inFlight: number): number;
  /** What one item's call has cost, so far as it is known, and whether it came to its end: one that broke off tells too little. */
  learn(costUsd: number | null, whole: boolean): void;
  /** Why no further item begins, for the user. */
  reason(spentUsd: number | null): string;
}

/**
 * Holds a run within `maxCostUsd` by what its own calls cost: until the first has told, one is made at a time. Null holds
 * nothing back.
 * @param expectedUsd what an item will about cost, before the first has told; null where nobody knows
 */
export function createBudget(maxCostUsd: number | null, expectedUsd: number | null): Budget {
  let dearest: number | null = null;
  let dearestBroken = 0;

  /** What to reckon with for the next item; null where nothing is known of any. */
  function next(): number | null {
    if (dearest !== null) return Math.max(dearest, dearestBroken) * MARGIN;
    return expectedUsd === null ? null : Math.max(expectedUsd, dearestBroken);
  }

  return {
    mayStart(spentUsd, inFlight) {
      if (maxCostUsd === null) return Infinity;
      if (spentUsd === null) return 0;
      const left = maxCostUsd - spentUsd;
      if (left <= 0) return 0;
      const each = next();
      if (each === 0) return Infinity;
      const room = each === null ? 1 : Math.floor(left / each);
      return Math.max(0, (dearest === null ? Math.min(1, room) : room) - inFlight);
    },
    learn(costUsd, whole) {
      if (costUsd === null) return;
      if (whole) dearest = Math.max(dearest ?? 0, costUsd);
      else dearestBroken = Math.max(dearestBroken, costUsd);
    },
    reason(spentUsd) {
      const budget = `The budget of $${round(maxCostUsd ?? 0)}`;
      if (spentUsd === null)
        return `${budget} cannot be held any longer: the provider did not tell what a call took, or its price is not known. Set PRICES, or retry the run.`;
      const each = next();
      const more = each === null ? "" : `, and the next item may cost $${round(each)}`;
      const advice = spentUsd === 0 ? "Start" : "Retry the run to spend as much again, or start";
      return `${budget} does not allow another item: $${round(spentUsd)} is spent${more}. ${advice} a run with a higher maxCostUsd.`;
    },
  };
}

/** Enough digits to tell small costs apart. */
function round(usd: number): string {
  return String(Number(usd.toPrecision(3)));
}
