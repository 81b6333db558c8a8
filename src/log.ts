import { destination, pino, type Logger, stdSerializers } from "pino";
import pretty from "pino-pretty";
import type { LogLevel } from "./config.ts";

/**
 * The program's log, on stderr: for people where stderr is a terminal, else one JSON object a line. Written at once,
 * so that nothing is lost when the process ends.
 */
export function createLog(level: LogLevel): Logger {
  const stderr = process.stderr.fd;
  if (!process.stderr.isTTY) return pino({ level, base: null, serializers }, destination({ dest: stderr, sync: true }));
  return pino(
    { level, base: null, serializers },
    pretty({ destination: stderr, sync: true, colorize: process.stderr.hasColors(), translateTime: "HH:MM:ss.l" }),
  );
}

/** An error's own words and where it came from; drivers hang whole connections on theirs. */
export const serializers = {
  err(error: unknown): unknown {
    if (!(error instanceof Error)) return error;
    const { type, message, stack, code } = stdSerializers.err(error);
    return code === undefined ? { type, message, stack } : { type, message, code, stack };
  },
};
