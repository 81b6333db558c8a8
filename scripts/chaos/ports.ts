import { once } from "node:events";
import { createServer } from "node:net";
import type { Random } from "./random.ts";

/** Below the ports that systems lend to outgoing connections: there one could be taken while its process is down. */
const LEAST = 20_000;
const MOST = 31_999;

/** Ports on 127.0.0.1 that are free now. @throws Error where there seem to be none */
export async function findPorts(count: number, random: Random): Promise<number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries += 1) {
    if (tries > 1_000) throw new Error(`There are no ${count} free ports between ${LEAST} and ${MOST} on 127.0.0.1.`);
    const port = random.whole(LEAST, MOST);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  try {
    await once(probe.listen(port, "127.0.0.1"), "listening");
  } catch {
    return false;
  }
  probe.close();
  await once(probe, "close");
  return true;
}
