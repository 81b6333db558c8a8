import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { rmSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { giveTo, type Account } from "./account.ts";
import { EmbeddedServerError } from "./embedded-server-error.ts";
import { isAlive } from "./process-alive.ts";

/** The right to start, adopt and stop the database of one data directory. */
export interface Ownership {
  release(): void;
}

/**
 * Makes this process the only Storymill on `directory`, until `release()` or its end.
 *
 * The operating system keeps the lock: a SQLite file that holds nothing is locked exclusively (fcntl on Linux and macOS, LockFileEx on
 * Windows), which is the one file lock that Node offers. It goes with the process, however that ends; so there is nothing
 * stale to recognize after a kill -9, and no reused pid to be fooled by. The pid beside it only serves the message.
 * Never open the lock file by other means: closing any descriptor of it ends this process's fcntl lock.
 * @throws {EmbeddedServerError} when another owns it; `configured` is how its user calls the directory
 */
export async function claimOwnership(
  directory: string,
  account: Account | undefined,
  configured: string,
): Promise<Ownership> {
  const lockFile = path.join(directory, "owner.lock");
  const pidFile = path.join(directory, "owner.pid");
  const lock = takeLock(lockFile, configured);
  if (!lock) throw await anotherOwns(pidFile, configured);

  // Node closes a database that nothing refers to any more; a timer, which keeps no process alive, refers to it.
  const reference = setInterval(() => lock.isOpen, 2 ** 31 - 1).unref();
  const release = (): void => {
    clearInterval(reference);
    rmSync(pidFile, { force: true });
    lock.close();
  };
  try {
    await rm(pidFile, { force: true });
    await writeFile(pidFile, `${process.pid}\n`);
    // Whoever can read a file can lock it against its owner.
    await chmod(lockFile, 0o600);
    await giveTo(account, lockFile);
    await giveTo(account, pidFile);
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

const SQLITE_BUSY = 5;

function takeLock(file: string, configured: string): DatabaseSync | undefined {
  try {
    const lock = new DatabaseSync(file, { timeout: 0 });
    try {
      // Nothing will be written, so no journal has to stand beside it.
      lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
      return lock;
    } catch (error) {
      lock.close();
      throw error;
    }
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) return undefined;
    throw new EmbeddedServerError(
      `DATA_DIR (${configured}) cannot be locked, its file system or the permissions of ${file} do not allow it: set DATA_DIR to a local directory of your own, or DATABASE_URL`,
      { cause: error },
    );
  }
}

async function anotherOwns(pidFile: string, configured: string): Promise<EmbeddedServerError> {
  // The owner writes its pid right after it has the lock; what stands there before is of the owner that died.
  let pid: number | undefined;
  for (let look = 0; look < 10 && pid === undefined; look++) {
    if (look > 0) await delay(20);
    const written = Number(await readFile(pidFile, "utf8").catch(() => ""));
    if (written > 0 && isAlive(written)) pid = written;
  }
  const who = pid === undefined ? "another Storymill" : `another Storymill (pid ${pid})`;
  return new EmbeddedServerError(
    `${who} uses DATA_DIR (${configured}): stop it, or set another DATA_DIR or DATABASE_URL`,
  );
}
