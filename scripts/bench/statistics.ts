/** The value in the middle; of an even number of them the upper one. NaN where there is none. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value that this share of the others does not exceed. NaN where there is none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
