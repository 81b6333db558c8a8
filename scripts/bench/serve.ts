import pg from "pg";
import { z } from "zod";

// The servers under test run in processes of their own, so that their CPU time is theirs. This is the end in the child;
// server-process.ts holds the other one.

/** What a server under test has used up since it began. */
export const Usage = z.object({ cpuMs: z.number(), statements: z.number() });
export type Usage = z.infer<typeof Usage>;

/** The messages of the child: where it answers, once, then what it has used, each time it is asked. */
export const Message = z.union([z.object({ url: z.string() }), z.object({ usage: Usage })]);

/** Starts a server, tells its address, and its usage whenever asked; closes it when the parent lets go. */
export async function serve(start: () => Promise<{ url: string; close: () => Promise<unknown> }>): Promise<void> {
  const statements = countStatements();
  const { url, close } = await start();
  const send = (message: z.infer<typeof Message>) => process.send?.(message);
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    send({ usage: { cpuMs: (user + system) / 1000, statements: statements() } });
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
