import { createHash } from "node:crypto";
import { access, constants, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { canReach, isRoot, nobodysAccount, type Account } from "./account.ts";
import { EmbeddedServerError } from "./embedded-server-error.ts";
import { makeDirectory } from "./make-directory.ts";
import { makeOpenDirectory, SYSTEM_DIRECTORY } from "./system-directory.ts";

/** Where the database lives and whose it is. */
export interface DataDirectory {
  /** DATA_DIR as its user wrote it, for messages. */
  readonly configured: string;
  /** Absolute, without symbolic links: the owner's lock, the password, the log. */
  readonly path: string;
  /** Whether that is not DATA_DIR, because PostgreSQL's account cannot enter it. */
  readonly moved: boolean;
  /** PostgreSQL's own directory in it, which need not exist yet. */
  readonly cluster: string;
  /** Whom PostgreSQL runs as, where that is not the user of this process. */
  readonly account: Account | undefined;
}

/**
 * Makes DATA_DIR, and decides where the database lives: there, or, for root with a DATA_DIR that PostgreSQL's account cannot
 * enter, in a directory of its own below /var/lib/storymill, the same at every start. A database that is there already stays
 * where it is and runs as whom it belongs to.
 * @throws {EmbeddedServerError} when DATA_DIR is no directory, or cannot be written
 */
export async function prepareDataDirectory(configured: string): Promise<DataDirectory> {
  const here = await makeDataDirectory(configured);
  const livesIn = (directory: string, account: Account | undefined): DataDirectory => {
    const cluster = path.join(directory, "postgres");
    return { configured, path: directory, moved: directory !== here, cluster, account };
  };
  if (!isRoot()) return livesIn(here, undefined);

  const there = path.join(SYSTEM_DIRECTORY, "data", keyOf(here));
  const nobody = await nobodysAccount();
  for (const directory of [here, there]) {
    const owner = await ownerOf(path.join(directory, "postgres"));
    if (!owner) continue;
    // PostgreSQL says itself that it does not serve one that belongs to root, put back from a backup say.
    const account = owner.uid === 0 || owner.uid === nobody.uid ? nobody : owner;
    if (await canReach(account, directory)) return livesIn(directory, account);
  }
  if (await canReach(nobody, here)) return livesIn(here, nobody);
  await makeOpenDirectory(there);
  if (await canReach(nobody, there)) return livesIn(there, nobody);
  throw new EmbeddedServerError(
    `PostgreSQL runs as the user nobody here, who can enter neither DATA_DIR (${configured}) nor ${SYSTEM_DIRECTORY}: set DATA_DIR to a directory that every user can enter, or set DATABASE_URL`,
  );
}

async function makeDataDirectory(configured: string): Promise<string> {
  const directory = path.resolve(configured);
  try {
    // Root's is entered by PostgreSQL's account; the database in it and the password close their own doors.
    await makeDirectory(directory, isRoot() ? 0o755 : 0o700);
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return await realpath(directory);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const what =
      code === "EEXIST" || code === "ENOTDIR"
        ? `DATA_DIR (${configured}) is a file, or lies below one`
        : `DATA_DIR (${configured}) cannot be written (${code ?? error})`;
    throw new EmbeddedServerError(`${what}: set DATA_DIR to a directory of your own, or set DATABASE_URL`, {
      cause: error,
    });
  }
}

/** Stable, told apart by the whole path and recognized by the project's name. */
function keyOf(directory: string): string {
  const project = path.basename(path.dirname(directory)).replaceAll(/[^\w.-]/g, "_");
  const digest = createHash("sha256").update(directory).digest("hex").slice(0, 12);
  return `${project}-${digest}`;
}

async function ownerOf(directory: string): Promise<Account | undefined> {
  const entry = await stat(directory).catch(() => undefined);
  return entry && { uid: entry.uid, gid: entry.gid, name: `uid ${entry.uid}` };
}
