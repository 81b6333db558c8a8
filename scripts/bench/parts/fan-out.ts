import { WATCHERS, measureFanOut } from "../fan-out.ts";
import { kilobytes, microseconds, within } from "../figures.ts";
import { IDLE, measureIdle, measurePlainIdle } from "../idle-watchers.ts";
import type { Bench } from "../bench.ts";

export async function benchFanOut({ table, url, database, directory }: Bench): Promise<void> {
  const { perDelivery, inOneProcess, events, bytes, recording } = await measureFanOut(url, database, directory);
  table.heading(`one run to ${WATCHERS} watchers over WebSockets: ${events} events of ${bytes} bytes`);
  const { storymill, plain, raw } = perDelivery;
  table.row({
    what: "Storymill: server CPU a delivery",
    figure: microseconds(storymill),
    promise: within(storymill, raw * 2.5, "2.5 × raw"),
  });
  table.note(`while another process executes the run; ${microseconds(inOneProcess)} where the same one does`);
  table.row({
    what: "plain Yoga + Pothos + graphql-ws",
    figure: microseconds(plain),
    promise: { text: "at least 2 × Storymill:", kept: plain >= 2 * storymill },
  });
  table.row({ what: "ws alone, the same bytes", figure: microseconds(raw) });

  table.heading(`${IDLE} watchers of one run in which nothing happens, a WebSocket each`);
  const idle = { Storymill: await measureIdle(url, database), plain: await measurePlainIdle(url, recording) };
  for (const [name, { heap, resident }] of Object.entries(idle)) {
    table.row({ what: `${name}: heap and buffers a watcher`, figure: kilobytes(heap) });
    table.note(`${kilobytes(resident)} of the process's resident memory`);
  }
}
