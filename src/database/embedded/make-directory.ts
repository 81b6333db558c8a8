import { mkdir, stat } from "node:fs/promises";
import path from "node:path";

/**
 * Makes a directory and what is missing above it; one that is there is left as it is. In place of mkdir's own `recursive`,
 * which never returns where a file system takes no new directory, as /proc (seen with Node 20 and 24).
 */
export async function makeDirectory(directory: string, mode: number): Promise<void> {
  try {
    await mkdir(directory, { mode });
  } catch (error) {
    if (await isDirectory(directory)) return;
    const parent = path.dirname(directory);
    const lacksParent = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!lacksParent || (await isDirectory(parent))) throw error;
    await makeDirectory(parent, mode);
    await makeDirectory(directory, mode);
  }
}

async function isDirectory(directory: string): Promise<boolean> {
  const entry = await stat(directory).catch(() => undefined);
  return entry?.isDirectory() === true;
}
