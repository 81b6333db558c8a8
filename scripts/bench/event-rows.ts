import { setTimeout } from "node:timers/promises";
import type { Database } from "../../src/database/database.ts";
import { encodeId, parseId } from "../../src/schema/ids.ts";
import { ENDED, start } from "./runs.ts";
import { seedBacklog } from "./seed.ts";
import { startServerProcess } from "./server-process.ts";

/**
 * Event rows that one worker writes in a second, with all that goes with them: items, subtasks, counters. Calls of the
 * generator answer at once, 32 of them side by side.
 */
export async function measureEventRows(
  url: string,
  database: Database,
  options: { readonly runs: number; readonly stories: number },
): Promise<number> {
  const server = await startServerProcess("storymill", url, ["0", "32"]);
  const play = async (epicId: string) => {
    const id = parseId(await start(server.url, encodeId("Epic", epicId)))?.id ?? "";
    for (;;) {
      const { status } = await database.prisma.run.findUniqueOrThrow({ where: { id } });
      if (status === "SUCCEEDED") return id;
      if (ENDED.has(status)) throw new Error(`A run was ${status}.`);
      await setTimeout(100);
    }
  };
  const seeds = Array.from({ length: options.runs }, () =>
    seedBacklog(database, { stories: options.stories, subtasks: 0 }),
  );
  const epicIds = (await Promise.all(seeds)).map(({ epicId }) => epicId);
  // The first time is for V8 to get warm.
  await Promise.all(epicIds.map(play));
  const runIds = await Promise.all(epicIds.map(play));
  await server.close();
  const { _count, _min, _max } = await database.prisma.runEvent.aggregate({
    where: { runId: { in: runIds } },
    _count: true,
    _min: { at: true },
    _max: { at: true },
  });
  return (_count * 1000) / ((_max.at?.getTime() ?? 0) - (_min.at?.getTime() ?? 0));
}
