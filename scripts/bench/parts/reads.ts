import { kilobytes } from "../figures.ts";
import { CONNECTIONS, STACKS, createReads, measureRead } from "../reads.ts";
import { seedBacklog } from "../seed.ts";
import { startServerProcess } from "../server-process.ts";
import type { Bench } from "../bench.ts";

export async function benchReads({ table, url, database }: Bench): Promise<void> {
  const backlog = await seedBacklog(database, { stories: 20, subtasks: 8 });
  const run = await seedBacklog(database, { stories: 200, subtasks: 0 });
  await database.prisma.$executeRaw`ANALYZE`;
  const servers = {
    storymill: await startServerProcess("storymill", url),
    plain: await startServerProcess("plain", url),
    raw: await startServerProcess("raw", url),
  };
  const names = { storymill: "Storymill", plain: "plain Yoga + Pothos + Prisma", raw: "pg alone, one statement" };
  for (const read of createReads(backlog, run)) {
    const costs = await measureRead(read, servers, { rounds: 3, seconds: 1.5 });
    table.heading(`${read.name}: ${kilobytes(costs.storymill.bytes)}, ${CONNECTIONS} connections`);
    for (const stack of STACKS) {
      const { perSecond, cpuMs, statements } = costs[stack];
      table.row({ what: `${names[stack]}: requests a second`, figure: perSecond.toFixed(0) });
      table.note(
        `server CPU ${cpuMs.toFixed(2)} ms a request, ${statements.toFixed(1)} statements; ${(perSecond / costs.plain.perSecond).toFixed(2)} × plain`,
      );
    }
  }
  await Promise.all(Object.values(servers).map((server) => server.close()));
}
