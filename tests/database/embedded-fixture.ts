import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdtemp, readdir, readFile, readlink, rm, watch } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { expect, vi } from "vitest";
import { canReach } from "../../src/database/embedded/account.ts";
import { startEmbeddedServer, type EmbeddedServer } from "../../src/database/embedded/embedded-server.ts";

export const isRoot = process.geteuid?.() === 0;

/** nobody's, whom root's tests take for the ordinary user. */
export const NOBODY = { uid: 65534, gid: 65534 };

/** Whether nobody could run the program here; not in a checkout below /root. */
export const isOpen = await canReach({ ...NOBODY, name: "nobody" }, process.execPath);

/** What a child said of its start. */
export interface ChildStart {
  readonly url?: string;
  readonly dataDir?: string;
  readonly error?: string;
  readonly logged: string[];
}

export interface Child {
  readonly process: ChildProcess;
  readonly started: Promise<ChildStart>;
  /** Waits until it prints this line. */
  says(line: string): Promise<void>;
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>;
  /** Lets it close its server and end. */
  end(): Promise<void>;
}

/** Directories, servers and children of one test; `clean()` ends and removes them, and fails where anything is left. */
export function createFixture() {
  const directories = new Set<string>();
  const servers: EmbeddedServer[] = [];
  const children: Child[] = [];

  return {
    /** A new directory, which every user may enter unless `mode` says otherwise. */
    async directory(options: { mode?: number; owner?: { uid: number; gid: number } } = {}): Promise<string> {
      const directory = await mkdtemp(path.join(tmpdir(), "storymill-embedded-"));
      directories.add(directory);
      await chmod(directory, options.mode ?? 0o755);
      if (options.owner) await chown(directory, options.owner.uid, options.owner.gid);
      return directory;
    },

    async start(
      dataDir: string,
      options: { log?: (line: string) => void; signal?: AbortSignal; settings?: Record<string, string> } = {},
    ): Promise<EmbeddedServer> {
      const server = await startEmbeddedServer({ dataDir, log: () => {}, ...options });
      servers.push(server);
      directories.add(server.dataDir);
      return server;
    },

    child(dataDir: string, options: { uid?: number; gid?: number; detached?: boolean } = {}): Child {
      const script = fileURLToPath(new URL("./embedded-child.ts", import.meta.url));
      const child = spawn(process.execPath, [script, dataDir], {
        ...options,
        cwd: "/",
        stdio: ["pipe", "pipe", "inherit"],
        env: { ...process.env, SECRET_OF_STORYMILL: "not for PostgreSQL" },
      });
      const exit = once(child, "exit");
      const output = createInterface(child.stdout);
      const started = once(output, "line").then(([line]) => {
        const start = JSON.parse(line) as ChildStart;
        if (start.dataDir) directories.add(start.dataDir);
        return start;
      });
      const handle: Child = {
        process: child,
        started,
        says: (line) => new Promise((resolve) => output.on("line", (said) => said === line && resolve())),
        kill: async () => {
          child.kill("SIGKILL");
          await exit;
        },
        end: async () => {
          child.stdin.end();
          await exit;
        },
      };
      children.push(handle);
      return handle;
    },

    async clean(): Promise<void> {
      const started = [...directories];
      for (const child of children.splice(0)) await child.end();
      await Promise.all(servers.splice(0).map((server) => server.close()));
      directories.clear();
      // A killed start's initdb needs a moment to find out.
      await vi.waitFor(async () => expect(await processesIn(started)).toEqual([]), { timeout: 10_000 });
      for (const directory of started) await rm(directory, { recursive: true, force: true });
    },
  };
}

/** pids of the processes that work in one of these directories, as PostgreSQL's do in theirs. */
export async function processesIn(directories: string[]): Promise<number[]> {
  const found: number[] = [];
  for (const name of process.platform === "linux" ? await readdir("/proc") : []) {
    if (!/^\d+$/.test(name)) continue;
    const cwd = await readlink(`/proc/${name}/cwd`).catch(() => "");
    if (directories.some((directory) => cwd === directory || cwd.startsWith(`${directory}/`))) found.push(Number(name));
  }
  return found;
}

/** Runs one statement and gives the first column of its rows. */
export async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  // A server that is killed under it tells twice: the statement rejects, and this.
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text: statement, rowMode: "array" })).rows.map((row) => row[0]);
  } finally {
    await client.end();
  }
}

export async function postmasterPid(dataDir: string): Promise<number> {
  return Number((await readFile(path.join(dataDir, "postgres", "postmaster.pid"), "utf8")).split("\n", 1)[0]);
}

/** Waits until a file of such a name appears in the directory, and gives its path. */
export async function waitForFile(directory: string, isMeant: (name: string) => boolean): Promise<string> {
  const watching = new AbortController();
  try {
    for await (const { filename } of watch(directory, { signal: watching.signal })) {
      if (filename && isMeant(filename)) return path.join(directory, filename);
    }
  } finally {
    watching.abort();
  }
  throw new Error(`${directory} was no longer watched`);
}
