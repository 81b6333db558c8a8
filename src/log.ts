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

/**
 * An error's own words and where it came from; drivers hang whole connections on theirs. What users and models wrote stays
 * out of it.
 */
export const serializers = {
  err(error: unknown): unknown {
    if (!(error instanceof Error)) return error;
    const { type, message, stack, code } = stdSerializers.err(error);
    const said = withoutValues(message);
    const told = { type, message: said, stack: stack.replace(message, () => said) };
    return code === undefined ? told : { ...told, code };
  },
};

/** Prisma writes between its first words and its last what it was called with; PostgreSQL quotes what it cannot read. */
function withoutValues(message: string): string {
  const lines = message.trim().split("\n");
  const [first = ""] = lines;
  const said = first.startsWith("Invalid `") && lines.length > 1 ? `${first} ${lines.at(-1)}` : message;
  return said.replace(/(invalid input (?:syntax|value) for [^:]+: )".*"/s, '$1"…"');
}
