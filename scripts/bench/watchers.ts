import { fork } from "node:child_process";
import { once } from "node:events";
import { z } from "zod";

// Watchers live in a process of their own, so that what they take is not on the server's account, nor on the bench's. This
// is the parent's end; watching.ts is the child's.

/** How a watcher comes to its events: `graphql` subscribes and waits for the answer, `raw` only connects. */
export const Order = z.object({
  url: z.string(),
  /** What it sends once connected; nothing to a server that speaks no GraphQL. */
  subscription: z.object({ query: z.string(), variables: z.record(z.string(), z.unknown()) }).nullable(),
  count: z.number(),
  /** Whether the server's first event is there at once. */
  snapshot: z.boolean(),
});
export type Order = z.infer<typeof Order>;
export const Told = z.union([z.literal("ready"), z.object({ received: z.number() })]);

export interface Watchers {
  /** Connects some more; resolves when all of them are being served. */
  join(order: Order): Promise<void>;
  /** Resolves when so many messages have come since they were ready, to all of them together. */
  receive(count: number): Promise<void>;
  close(): Promise<void>;
}

export function startWatchers(): Watchers {
  const child = fork(new URL("watching.ts", import.meta.url), { execArgv: process.execArgv });
  const ended = once(child, "exit");
  const endedEarly = ended.then(([code]) => {
    throw new Error(`The watchers' process ended with code ${code}.`);
  });
  endedEarly.catch(() => {});
  const next = async () => Told.parse((await Promise.race([once(child, "message"), endedEarly]))[0]);
  return {
    async join(order) {
      child.send(order);
      if ((await next()) !== "ready") throw new Error("Watchers were given events before all of them were ready.");
    },
    async receive(count) {
      const answer = next();
      child.send(count);
      const told = await answer;
      if (told === "ready" || told.received !== count)
        throw new Error(`The watchers got ${JSON.stringify(told)}, not the ${count} messages that were sent.`);
    },
    async close() {
      child.disconnect();
      await ended;
    },
  };
}
