import type { Logger } from "pino";

/** What runs until it is closed. */
export interface Closeable {
  close(): Promise<void>;
}

/**
 * `npm start` passes SIGINT on to us, and a terminal that sent it at Ctrl-C sent it to both of us: one key press comes
 * twice within a few milliseconds. Nobody means a second one that soon.
 */
const ECHO_TIME = 200;

/** How often it is looked whether the parent is still there, in milliseconds. */
const PARENT_INTERVAL = 250;

/**
 * Starts the program and keeps it until the process is told to end; never returns, but ends the process:
 * at SIGTERM or SIGINT (in mid-start: once started) by closing, with exit code 0, or 1 where closing failed or took
 * too long; at a second signal at once, with 1; after an error that nobody caught by closing, with 1; where it lives with
 * its parent and that ends, by closing, with 0.
 * @throws what `start` throws, unless the process is ending already
 */
export async function liveUntilSignal(options: {
  readonly start: () => Promise<Closeable>;
  readonly log: Logger;
  /** How long closing may take, in milliseconds; then it is cut off. */
  readonly closingTime?: number;
  /** For a program under npm: SIGTERM sent to npm ends the shell between them, and Debian's does not pass it on. */
  readonly withParent?: boolean;
}): Promise<never> {
  const { start, log, closingTime = 10_000, withParent = false } = options;
  const end = Promise.withResolvers<void>();
  let exitCode = 0;
  let first: { signal: NodeJS.Signals; at: number } | null = null;

  const onSignal = (signal: NodeJS.Signals) => {
    const at = performance.now();
    if (first === null) {
      first = { signal, at };
      log.info(`${signal}: closing; once more ends at once.`);
      end.resolve();
    } else if (signal !== "SIGINT" || first.signal !== "SIGINT" || at - first.at >= ECHO_TIME) {
      log.warn(`${signal} again: ended without closing.`);
      process.exit(1);
    }
  };
  const onFatal = (err: unknown) => {
    log.fatal({ err }, "An error that nothing caught: closing.");
    exitCode = 1;
    end.resolve();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  process.on("uncaughtException", onFatal);
  process.on("unhandledRejection", onFatal);

  if (withParent) {
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      if (first === null) log.info("What started this program has ended: closing.");
      end.resolve();
    }, PARENT_INTERVAL);
  }

  const starting = start();
  // Whichever comes first: a program that cannot start has nothing to wait for.
  await Promise.race([starting, end.promise]);
  await end.promise;
  setTimeout(() => {
    log.error(`Closing took longer than ${closingTime / 1000} s: cut off.`);
    process.exit(1);
  }, closingTime);
  try {
    await (await starting).close();
    log.info("Closed.");
  } catch (err) {
    log.error({ err }, "Closing failed.");
    exitCode = 1;
  }
  process.exit(exitCode);
}
