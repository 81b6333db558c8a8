import packageJson from "../../../package.json" with { type: "json" };
import { migrate } from "../../../src/database/migrate.ts";
import { seconds, within } from "../figures.ts";
import { OUTPUT_TOKENS_PER_MINUTE, REQUESTS_PER_MINUTE, measurePacing } from "../limits.ts";
import type { Bench } from "../bench.ts";

export async function benchLimits({ table, url, database }: Bench): Promise<void> {
  table.heading(
    `ADAPTIVE within ${REQUESTS_PER_MINUTE} requests and ${OUTPUT_TOKENS_PER_MINUTE} output tokens a minute, in real time, against the loopback Claude`,
  );
  const shapes = [
    { workers: 1, runs: 1, stories: 60 },
    { workers: 2, runs: 10, stories: 6 },
  ].map((shape) => ({ ...shape, name: `limits_${shape.workers}` }));
  for (const { name } of shapes) {
    await database.prisma.$executeRawUnsafe(`CREATE DATABASE ${name}`);
    await migrate(named(url, name), packageJson.version);
  }
  // Side by side: they wait nearly all of the time.
  const measured = await Promise.all(
    shapes.map(async (shape) => ({ ...shape, ...(await measurePacing(named(url, shape.name), shape)) })),
  );
  for (const { workers, stories, tookMs, leastMs, refusedShare, sharing } of measured) {
    const who = workers === 1 ? "one worker" : `${workers} workers on one key`;
    table.row({
      what: `${stories} stories, ${who}, against the least time`,
      figure: `${(tookMs / leastMs).toFixed(2)} ×`,
      promise: within(tookMs / leastMs, 1.2, "1.2 ×"),
    });
    table.row({
      what: "requests answered 429",
      figure: `${(refusedShare * 100).toFixed(1)} %`,
      promise: within(refusedShare, 0.05, "5 %"),
    });
    table.note(`${seconds(tookMs)}; the limits allow ${seconds(leastMs)}; ${sharing} of the workers had runs at once`);
  }
}

/** The URL of another database on the same server. */
function named(url: string, name: string): string {
  return Object.assign(new URL(url), { pathname: name }).href;
}
