import { open, readFile, rename, stat, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { giveTo } from "./account.ts";
import type { DataDirectory } from "./data-directory.ts";

const ROTATE_BYTES = 1_000_000;

/** PostgreSQL's own log, `postgres.log`: what it said from one start on. */
export interface ServerLog {
  readonly file: string;
  /** For the server to write to; close it once the server has it. */
  readonly handle: FileHandle;
  /** Why it ended, in its own words: its last FATAL or PANIC, or its last line. */
  lastError(): Promise<string>;
  /** Whether it said this. */
  says(words: string): Promise<boolean>;
}

/** Opens the log to append. One that has grown past a megabyte becomes `postgres.log.1` first, and replaces the one before. */
export async function openServerLog(data: DataDirectory): Promise<ServerLog> {
  const file = path.join(data.path, "postgres.log");
  const before = await stat(file).catch(() => undefined);
  const full = before !== undefined && before.size > ROTATE_BYTES;
  if (full) await rename(file, `${file}.1`);
  const handle = await open(file, "a", 0o600);
  await giveTo(data.account, file);
  const start = full ? 0 : (before?.size ?? 0);
  const lines = async (): Promise<string[]> =>
    (await readFile(file)).subarray(start).toString("utf8").split("\n").filter(Boolean);
  return {
    file,
    handle,
    lastError: async () => {
      const said = await lines();
      const last = said.findLast((line) => /\b(?:FATAL|PANIC): /.test(line)) ?? said.at(-1);
      return last?.replace(/^.*?\b(?:FATAL|PANIC): +/, "") ?? "it said nothing";
    },
    says: async (words) => (await lines()).some((line) => line.includes(words)),
  };
}
