import { measureCaching, measureCancels, measureDrafts } from "../claude.ts";
import { delayRow } from "../delay-row.ts";
import { within } from "../figures.ts";
import type { Bench } from "../bench.ts";

export async function benchClaude({ table, url, database }: Bench): Promise<void> {
  table.heading("a loopback Claude, 16 calls at once, watched over a WebSocket");
  const drafts = await measureDrafts(url, database, 8);
  delayRow(table, { what: "first draft after its closing brace", of: "stories", delays: drafts, mostMs: 50 });
  const cancels = await measureCancels(url, database, { runs: 20, apart: false });
  delayRow(table, { what: "all sockets closed after a cancel", of: "runs", delays: cancels, mostMs: 100 });
  const { fullPrice, all } = await measureCaching(url, database);
  table.row({
    what: "input at full price, 50 stories, 2,000 tokens of context",
    figure: `${((100 * fullPrice) / all).toFixed(1)} %`,
    promise: within(fullPrice / all, 0.4, "40 % of what it is without caching"),
  });
  table.note(`${fullPrice} of ${all} tokens, what is written to the cache included`);
}
