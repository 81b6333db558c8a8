import pg from "pg";
import { z } from "zod";

// The servers under test run in processes of their own, so that their CPU time is theirs. This is the end in the child;
// server-process.ts holds the other one.

/** What a server under test has used up since it began, and the memory that it has now, in bytes. */
export const Usage = z.object({ cpuMs: z.number(), statements: z.number(), heap: z.number(), resident: z.number() });
export type Usage = z.infer<typeof Usage>;

/** What the parent may say: tell your usage; the same, with garbage collected before; answer no call of the generator; go on. */
export const Request = z.enum(["usage", "usage after gc", "hold", "go"]);

/** The messages of the child: where it answers, once, then what it has used, each time it is asked. */
export const Message = z.union([z.object({ url: z.string() }), z.object({ usage: Usage })]);

/** Starts a server, tells its address, and its usage whenever asked; closes it when the parent lets go. */
export async function serve(
  start: () => Promise<{ url: string; close: () => Promise<unknown>; hold?: () => void; go?: () => void }>,
): Promise<void> {
  const statements = countStatements();
  const { url, close, hold, go } = await start();
  const send = (message: z.infer<typeof Message>) => process.send?.(message);
  process.on("message", (message) => {
    const request = Request.parse(message);
    if (request === "hold") return hold?.();
    if (request === "go") return go?.();
    if (request === "usage after gc") for (let i = 0; i < 3; i += 1) globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    const { heapUsed, external, rss } = process.memoryUsage();
    send({
      usage: { cpuMs: (user + system) / 1000, statements: statements(), heap: heapUsed + external, resident: rss },
    });
  });
  process.once("disconnect", () => void close().finally(() => process.exit()));
  send({ url });
}

/** Counts what goes to the database through `pg`, whoever sends it; what the queue does for itself is left out. */
function countStatements(): () => number {
  let count = 0;
  const { prototype } = pg.Client;
  const query: unknown = Reflect.get(prototype, "query");
  if (typeof query !== "function") throw new Error("pg.Client has no method `query`.");
  Object.assign(prototype, {
    query(this: pg.Client & { connectionParameters?: { application_name?: string } }, ...args: unknown[]): unknown {
      if (this.connectionParameters?.application_name !== "storymill queue") count += 1;
      return Reflect.apply(query, this, args);
    },
  });
  return () => count;
}
