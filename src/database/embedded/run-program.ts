import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { whereSwitchingIsForbidden, type Account } from "./account.ts";
import { EmbeddedServerError } from "./embedded-server-error.ts";

export interface RunOptions {
  readonly account: Account | undefined;
  readonly cwd: string;
}

/**
 * Starts one of PostgreSQL's programs, as `account` where there is one. It inherits no variable of ours: neither are secrets
 * its business, nor shall PGPORT, LC_ALL or TZ of whoever starts us change what it does and in which language it complains.
 */
export function spawnProgram(
  program: string,
  args: readonly string[],
  options: RunOptions & { readonly stdio: StdioOptions },
): ChildProcess {
  const { account, ...rest } = options;
  try {
    return spawn(program, args, {
      ...rest,
      // spawn() takes ids as signed numbers.
      ...(account && { uid: account.uid | 0, gid: account.gid | 0 }),
      env: { LC_ALL: "C", TZ: "UTC" },
      // Not in the terminal's group: its Ctrl-C asks Storymill to stop, which stops them in order.
      detached: true,
      windowsHide: true,
    });
  } catch (error) {
    throw cannotStart(error, account);
  }
}

/**
 * Runs a program to its end and returns what it complained of; `ok` says whether it exited with 0. An abort terminates it.
 * @throws {EmbeddedServerError} where it cannot be started
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: RunOptions & { readonly signal?: AbortSignal | undefined },
): Promise<{ ok: boolean; complaints: string }> {
  const { signal, ...rest } = options;
  const child = spawnProgram(program, args, { ...rest, stdio: ["ignore", "ignore", "pipe"] });
  const terminate = (): boolean => child.kill();
  signal?.addEventListener("abort", terminate);
  try {
    const [complaints, [code]] = await Promise.all([child.stderr ? text(child.stderr) : "", once(child, "close")]);
    return { ok: code === 0, complaints };
  } catch (error) {
    throw cannotStart(error, options.account);
  } finally {
    signal?.removeEventListener("abort", terminate);
  }
}

/** What it means, and what to do, when the system does not start one of the programs at all. */
export function cannotStart(error: unknown, account: Account | undefined): EmbeddedServerError {
  const forbidden = account && whereSwitchingIsForbidden(error);
  if (forbidden) return forbidden;
  const code = error instanceof Error && "code" in error ? error.code : error;
  return new EmbeddedServerError(
    `the PostgreSQL that comes with Storymill does not run on this system (${code}; it needs glibc, which Alpine and other musl systems lack, and a file system without noexec): set DATABASE_URL`,
    { cause: error },
  );
}
