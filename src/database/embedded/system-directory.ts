import { chmod, mkdir, readdir, stat } from "node:fs/promises";
import path from "node:path";

/** Where root keeps what the account of PostgreSQL cannot reach at its own place. */
export const SYSTEM_DIRECTORY = "/var/lib/storymill";

/** Makes a directory of ours, and what is missing above it, so that every user may enter, whatever the umask. */
export async function makeOpenDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true });
  if (first === undefined) return;
  for (let at = directory; at.length >= first.length; at = path.dirname(at)) await chmod(at, 0o755);
}

/** Lets every user read what is in `directory`, and run what its owner may run; the copy of a private file is as private. */
export async function openToAll(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const { mode } = await stat(file);
    const open = mode | 0o444 | (mode & 0o100 ? 0o111 : 0);
    if (open !== mode) await chmod(file, open & 0o777);
  }
}
