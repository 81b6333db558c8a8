import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import type { Violation } from "./violations.ts";

/** Judged by who ended it, who knows whether the database was away. */
const JUDGED = /^Closing took longer than/u;
/** pino's number for `error`. */
const ERROR = 50;

/** What the processes themselves took for an error of their own, each once. */
export async function readLogs(directory: string): Promise<Violation[]> {
  const found = new Map<string, { readonly file: string; count: number }>();
  for (const file of (await readdir(directory)).toSorted()) {
    const lines = (await readFile(path.join(directory, file), "utf8")).split("\n").filter(Boolean);
    for (const line of lines) {
      const text = errorIn(line);
      if (text === null) continue;
      const known = found.get(text) ?? { file, count: 0 };
      known.count += 1;
      found.set(text, known);
    }
  }
  return [...found].map(([text, { file, count }]) => ({ kind: "process", text: `${file}: ${text} (${count} times)` }));
}

/** Null for what is no error; a line that is no entry of the log was written by what ended the process. */
function errorIn(line: string): string | null {
  let entry: { level?: number; msg?: string; err?: { message?: string } };
  try {
    entry = JSON.parse(line) as typeof entry;
  } catch {
    return null;
  }
  if ((entry.level ?? 0) < ERROR || JUDGED.test(entry.msg ?? "")) return null;
  return `${entry.msg ?? ""} ${(entry.err?.message ?? "").replaceAll(/\s+/gu, " ").slice(0, 300)}`.trim();
}
