import { within } from "./figures.ts";
import { median, percentile } from "./statistics.ts";
import type { Table } from "./table.ts";

/**
 * How late something came: the p99, of which it is promised that it is within `mostMs`, and beneath it the others.
 * @param row.of what was measured so many times
 * @param row.delays milliseconds
 */
export function delayRow(
  table: Table,
  row: { readonly what: string; readonly of: string; readonly delays: readonly number[]; readonly mostMs: number },
): void {
  const { what, of, delays, mostMs } = row;
  const p99 = percentile(delays, 0.99);
  table.row({
    what: `${what}, p99 of ${delays.length} ${of}`,
    figure: `${p99.toFixed(1)} ms`,
    promise: within(p99, mostMs, `${mostMs} ms`),
  });
  table.note(
    `half of them within ${median(delays).toFixed(1)} ms, the last after ${Math.max(...delays).toFixed(1)} ms`,
  );
}
