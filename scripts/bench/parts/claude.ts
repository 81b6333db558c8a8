import { measureCaching, measureCancels, measureDrafts } from "../claude.ts";
import { within } from "../figures.ts";
import { median, percentile } from "../statistics.ts";
import type { Bench } from "../bench.ts";

export async function benchClaude({ table, url, database }: Bench): Promise<void> {
  table.heading("a loopback Claude, 16 calls at once, watched over a WebSocket");
  const drafts = await measureDrafts(url, database, 8);
  const slowest = percentile(drafts, 0.99);
  table.row({
    what: `first draft after its closing brace, p99 of ${drafts.length} stories`,
    figure: `${slowest.toFixed(1)} ms`,
    promise: within(slowest, 50, "50 ms"),
  });
  table.note(
    `half of them within ${median(drafts).toFixed(1)} ms, the last after ${Math.max(...drafts).toFixed(1)} ms`,
  );
  const cancels = await measureCancels(url, database, { runs: 20, apart: false });
  table.row({
    what: `all sockets closed after a cancel, p99 of ${cancels.length} runs`,
    figure: `${percentile(cancels, 0.99).toFixed(1)} ms`,
    promise: within(percentile(cancels, 0.99), 100, "100 ms"),
  });
  table.note(`half of them within ${median(cancels).toFixed(1)} ms`);
  const { fullPrice, all } = await measureCaching(url, database);
  table.row({
    what: "input at full price, 50 stories, 2,000 tokens of context",
    figure: `${((100 * fullPrice) / all).toFixed(1)} %`,
    promise: within(fullPrice / all, 0.4, "40 % of what it is without caching"),
  });
  table.note(`${fullPrice} of ${all} tokens, what is written to the cache included`);
}
