import type { Stats } from "node:fs";
import { lchown, readFile, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { EmbeddedServerError } from "./embedded-server-error.ts";

/** The user that PostgreSQL runs as where Storymill itself runs as root, which PostgreSQL refuses to. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  /** For messages. */
  readonly name: string;
}

/** Whether this process is root. Never on Windows, which has no such user. */
export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/**
 * The account of nobody: every Unix has it, so that no user has to be made.
 * @throws {EmbeddedServerError} where this one has not
 */
export async function nobodysAccount(): Promise<Account> {
  const users = await readFile("/etc/passwd", "utf8");
  const fields = users
    .split("\n")
    .find((line) => line.startsWith("nobody:"))
    ?.split(":");
  if (!fields)
    throw new EmbeddedServerError(
      "PostgreSQL does not run as root, and this system has no user nobody to run it as: start Storymill as an ordinary user, or set DATABASE_URL",
    );
  // macOS writes -2; files carry the same number without a sign.
  return { uid: Number(fields[2]) >>> 0, gid: Number(fields[3]) >>> 0, name: "nobody" };
}

/** Whether the account may enter the directory (or run the file) `target` and every directory above it. */
export async function canReach(account: Account, target: string): Promise<boolean> {
  for (let at = await realpath(target); ; at = path.dirname(at)) {
    if (!mayEnter(account, await stat(at))) return false;
    if (at === path.dirname(at)) return true;
  }
}

function mayEnter(account: Account, entry: Stats): boolean {
  if (entry.uid === account.uid) return (entry.mode & 0o100) !== 0;
  if (entry.gid === account.gid) return (entry.mode & 0o010) !== 0;
  return (entry.mode & 0o001) !== 0;
}

/**
 * Hands a file or directory of ours to the account; nothing where there is no other account than the process's own.
 * @throws {EmbeddedServerError} where root may not do that, in a container without its rights
 */
export async function giveTo(account: Account | undefined, target: string): Promise<void> {
  if (!account) return;
  try {
    await lchown(target, account.uid, account.gid);
  } catch (error) {
    throw whereSwitchingIsForbidden(error) ?? error;
  }
}

/** The error to report when root may not act for another user; undefined where `error` is something else. */
export function whereSwitchingIsForbidden(error: unknown): EmbeddedServerError | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code !== "EPERM" && code !== "EINVAL") return undefined;
  return new EmbeddedServerError(
    `PostgreSQL does not run as root, and running it as another user is not permitted here (${code}): start Storymill as an ordinary user, or set DATABASE_URL`,
    { cause: error },
  );
}
