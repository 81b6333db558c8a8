/** An item may cost more than the dearest so far: stories differ in length. */
const MARGIN = 1.5;

/** What a run may cost, and how many of its items may be begun within that. */
export interface Budget {
  /** Items that may begin beside those in flight, if each costs half as much again as the dearest one so far. */
  mayStart(spentUsd: number | null, inFlight: number): number;
  /** What one item's call has cost, so far as it is known. */
  learn(costUsd: number | null): void;
  /** Why no further item begins, for the user. */
  reason(spentUsd: number | null): string;
}

/**
 * Holds a run within `maxCostUsd` by what its own calls cost: until the first has told, one is made at a time. Null holds
 * nothing back.
 */
export function createBudget(maxCostUsd: number | null): Budget {
  let dearest: number | null = null;
  return {
    mayStart(spentUsd, inFlight) {
      if (maxCostUsd === null) return Infinity;
      const left = maxCostUsd - (spentUsd ?? 0);
      if (left <= 0) return 0;
      if (dearest === null) return inFlight === 0 ? 1 : 0;
      if (dearest === 0) return Infinity;
      return Math.max(0, Math.floor(left / (dearest * MARGIN)) - inFlight);
    },
    learn(costUsd) {
      if (costUsd !== null) dearest = Math.max(dearest ?? 0, costUsd);
    },
    reason(spentUsd) {
      const next = dearest === null ? "" : `, and the next item may cost $${round(dearest * MARGIN)}`;
      return `The budget of $${round(maxCostUsd ?? 0)} does not allow another item: $${round(spentUsd ?? 0)} is spent${next}. Retry the run for the rest.`;
    },
  };
}

/** Enough digits to tell small costs apart. */
function round(usd: number): string {
  return String(Number(usd.toPrecision(3)));
}
