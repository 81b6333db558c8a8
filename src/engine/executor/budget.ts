/** Texts differ in length: an item may cost more than the dearest so far, and a call more than the dearest call. */
const MARGIN = 1.5;

/** What a run may cost, and what may be asked of the generator within that. */
export interface Budget {
  /**
   * Items that may begin beside those under way, if each of all these costs half as much again as the dearest one so far,
   * corrections included. None where what was spent is not known any more.
   */
  mayStart(): number;
  /** An item begins, or is tried again. */
  begin(): ItemSpending;
  /** Why no further item begins, for the user. */
  reason(): string;
}

/** What is spent on one try of an item. */
export interface ItemSpending {
  /** What one call has cost; null where nobody knows. */
  spend(costUsd: number | null): void;
  /**
   * Whether one more call for the same item fits beside what the others under way may still cost, and keeps its cost for
   * it then: half as much again as the dearest call so far.
   * @param times or so many times as much as the call before it, where that is more
   */
  mayAskAgain(times: number): boolean;
  /** @param whole whether it came to its end: a try that broke off tells too little of what an item costs */
  end(whole: boolean): void;
}

/**
 * Holds a run within `maxCostUsd` by what its own calls cost: until the first item has told, one is made at a time. It is
 * passed only where a call costs more than was reckoned for it, and by no more than that. Null holds nothing back.
 * @param options.expectedUsd what an item will about cost, before the first has told; null where nobody knows
 * @param options.spentUsd what the run has cost before; null where nobody knows
 */
export function createBudget(options: {
  readonly maxCostUsd: number | null;
  readonly expectedUsd: number | null;
  readonly spentUsd: number | null;
}): Budget {
  const { maxCostUsd, expectedUsd } = options;
  let { spentUsd } = options;
  let dearestItem = 0;
  let dearestCall = 0;
  /** Whether an item has come to its end, and told what it costs. */
  let told = false;
  /** Of each try under way: what it has cost, and what was kept for it beyond what any item may cost. */
  const underWay = new Set<{ spent: number; kept: number }>();

  /** What to reckon with for any item; null where nothing is known of any. */
  function each(): number | null {
    if (told) return dearestItem * MARGIN;
    return expectedUsd === null && dearestItem === 0 ? null : Math.max(expectedUsd ?? 0, dearestItem);
  }

  /** What those under way may still cost. */
  function stillToCome(): number {
    const most = each() ?? 0;
    return [...underWay].reduce((sum, { spent, kept }) => sum + Math.max(most, kept, spent) - spent, 0);
  }

  return {
    mayStart() {
      if (maxCostUsd === null) return Infinity;
      if (spentUsd === null || spentUsd >= maxCostUsd) return 0;
      const most = each();
      if (most === 0) return Infinity;
      const room = most === null ? 1 : Math.max(0, Math.floor((maxCostUsd - spentUsd - stillToCome()) / most));
      return told ? room : Math.min(room, underWay.size === 0 ? 1 : 0);
    },
    begin() {
      const item = { spent: 0, kept: 0 };
      let lastCall = 0;
      underWay.add(item);
      return {
        spend(costUsd) {
          spentUsd = spentUsd === null || costUsd === null ? null : spentUsd + costUsd;
          lastCall = costUsd ?? 0;
          item.spent += lastCall;
          dearestCall = Math.max(dearestCall, lastCall);
          dearestItem = Math.max(dearestItem, item.spent);
        },
        mayAskAgain(times) {
          if (maxCostUsd === null) return true;
          if (spentUsd === null) return false;
          const another = Math.max(dearestCall * MARGIN, lastCall * times, told ? 0 : (expectedUsd ?? 0));
          underWay.delete(item);
          const fits = spentUsd + stillToCome() + another <= maxCostUsd;
          underWay.add(item);
          if (fits) item.kept = item.spent + another;
          return fits;
        },
        end(whole) {
          underWay.delete(item);
          told ||= whole && spentUsd !== null;
        },
      };
    },
    reason() {
      const budget = `The budget of $${round(maxCostUsd ?? 0)}`;
      if (spentUsd === null)
        return `${budget} cannot be held any longer: the provider did not tell what a call took, or its price is not known. Set PRICES, or retry the run.`;
      const most = each();
      const more = most === null ? "" : `, and the next item may cost $${round(most)}`;
      const advice = spentUsd === 0 ? "Start" : "Retry the run to spend as much again, or start";
      return `${budget} does not allow another item: $${round(spentUsd)} is spent${more}. ${advice} a run with a higher maxCostUsd.`;
    },
  };
}

/** Enough digits to tell small costs apart. */
function round(usd: number): string {
  return String(Number(usd.toPrecision(3)));
}
