// A program that lives by src/process-life.ts, steered by its first argument.
import { once } from "node:events";
import { createLog } from "../src/log.ts";
import { liveUntilSignal } from "../src/process-life.ts";

const [how] = process.argv.slice(2);
const say = (text: string) => process.stdout.write(`${text}\n`);
// Something that keeps a process alive, as a server does.
setInterval(() => {}, 60_000);

async function start() {
  if (how === "start fails") throw new Error("no database");
  if (how === "slow start") {
    const goOn = once(process, "SIGUSR2");
    say("starting");
    await goOn;
  }
  say("started");
  if (how === "uncaught") setImmediate(() => JSON.parse("{"));
  if (how === "unhandled") void Promise.reject(new Error("nobody listens"));
  return {
    close: async () => {
      // Listened for before it is said: who hears "closing" may send the signal at once.
      const goOn = how === "close waits" ? once(process, "SIGUSR2") : null;
      say("closing");
      if (how === "close hangs") await new Promise(() => {});
      await goOn;
      if (how === "close fails") throw new Error("cannot let go");
      say("closed");
    },
  };
}

try {
  await liveUntilSignal({
    start,
    log: createLog("info"),
    closingTime: how === "close hangs" ? 1_500 : 10_000,
    withParent: how === "with parent",
  });
} catch (error) {
  say(`start failed: ${String(error)}`);
  process.exit(3);
}
