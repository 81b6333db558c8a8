import { styleText } from "node:util";
import type { Logger } from "pino";
import type { App } from "./app.ts";
import { type Config, ConfigError, readConfig, readEnvironment } from "./config.ts";
import { EmbeddedServerError } from "./database/embedded/embedded-server-error.ts";
import { DatabaseError } from "./database/migrate.ts";
import { createLog } from "./log.ts";
import { liveUntilSignal } from "./process-life.ts";
import { ListenError } from "./server/listen.ts";

let log: Logger | undefined;
try {
  const environment = readEnvironment(process.cwd());
  const config = readConfig(environment);
  log = createLog(config.logLevel);
  await live(config, log, { withParent: environment["npm_lifecycle_event"] === "start" });
} catch (error) {
  reportFailedStart(error, log);
  process.exit(1);
}

async function live(config: Config, log: Logger, options: { withParent: boolean }): Promise<never> {
  if (config.access === "open")
    log.warn("ACCESS=open: everybody who can reach this server may read, change and delete everything in it.");
  return await liveUntilSignal({
    ...options,
    log,
    start: async () => {
      // Loaded late: a wrong setting is told before a second has gone into loading what it would have set up.
      const { createApp } = await import("./app.ts");
      const app = await createApp({ config, log });
      announce(app);
      return app;
    },
  });
}

/** Tells, on stdout, where the program is and what it works with. */
function announce({ url, role, generator, endpoint, database }: App): void {
  const lines = [
    role === "worker" ? ["health", new URL("/readyz", url).href] : ["GraphiQL", new URL("/graphql", url).href],
    ["generator", endpoint === null ? `${generator}: rules, no model` : `${generator} at ${endpoint}`],
    ["database", database],
  ] as const;
  // styleText leaves the colours out by itself where stdout is no terminal, or NO_COLOR is set.
  const dim = (text: string) => styleText("dim", text, { stream: process.stdout });
  const bold = (text: string) => styleText(["bold", "green"], text, { stream: process.stdout });
  process.stdout.write(
    `${bold(role === "all" ? "Storymill is ready." : `Storymill is ready (${role}).`)}\n${lines.map(([name, value]) => `  ${dim(name.padEnd(10))} ${value}\n`).join("")}`,
  );
}

/** One line on stderr for each thing that is wrong; where the error is none that we know, its stack at the level debug. */
function reportFailedStart(error: unknown, log: Logger | undefined): void {
  const expected = [ConfigError, DatabaseError, EmbeddedServerError, ListenError].some((kind) => error instanceof kind);
  const message = error instanceof Error ? error.message : String(error);
  const lines = expected ? message.split("\n") : [message.split("\n")[0]];
  for (const line of lines) process.stderr.write(`Storymill cannot start: ${line}\n`);
  if (!expected) log?.debug({ err: error }, "What stopped the start.");
}
