import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { type EmbeddedServer, startEmbeddedServer } from "../../src/database/embedded/embedded-server.ts";
import { signalProcess } from "../../src/database/embedded/signal-process.ts";
import { pause } from "./pause.ts";
import type { Random } from "./random.ts";
import type { Timeline } from "./timeline.ts";

/** How PostgreSQL is made to end: in order, at once with a recovery to follow, or by having its first process killed. */
export type Ending = "INT" | "QUIT" | "KILL";

/** A PostgreSQL that goes down and comes back, on one port. */
export interface FlakyDatabase {
  readonly url: string;
  readonly up: boolean;
  /** Takes it down for so long; 0 leaves it to the embedded server to see that it was killed. */
  restart(ending: Ending, downMs: number): Promise<void>;
  /** Halts all its processes for so long: connections stay, and nothing answers. */
  pause(forMs: number): Promise<void>;
  /** Ends some of its connections. @returns how many */
  cutConnections(random: Random): Promise<number>;
  close(): Promise<void>;
}

/** Starts it in `directory`, which must be open to every user where this process is root. */
export async function startFlakyDatabase(options: {
  readonly directory: string;
  readonly port: number;
  readonly timeline: Timeline;
  /** From then on nothing is waited for. */
  readonly hurry: AbortSignal;
}): Promise<FlakyDatabase> {
  const { directory, port, timeline, hurry } = options;
  const start = (): Promise<EmbeddedServer> =>
    startEmbeddedServer({
      dataDir: directory,
      log: () => {},
      // Whatever is killed here, the system lives and writes it out: only fsync may go.
      settings: { port: String(port), max_connections: "200", fsync: "off" },
    });
  let server = await start();
  let up = true;
  timeline.tell("database", "postgres", true);

  function tell(isUp: boolean): void {
    up = isUp;
    timeline.tell("database", "postgres", isUp);
  }

  async function pid(): Promise<number> {
    const file = path.join(server.dataDir, "postgres", "postmaster.pid");
    return Number((await readFile(file, "utf8")).split("\n", 1)[0]);
  }

  return {
    url: server.url,
    get up() {
      return up;
    },
    async restart(ending, downMs) {
      tell(false);
      const killedAt = Date.now();
      if (ending !== "INT") process.kill(await pid(), `SIG${ending}`);
      if (ending !== "INT" && downMs === 0) await untilOneAnswers(server.url, killedAt);
      else {
        await server.close();
        await pause(downMs, hurry);
        server = await start();
      }
      tell(true);
    },
    async pause(forMs) {
      const first = await pid();
      tell(false);
      process.kill(first, "SIGSTOP");
      const all = [first, ...(await childrenOf(first))];
      for (const each of all) signalProcess(each, "SIGSTOP");
      await pause(forMs, hurry);
      for (const each of all) signalProcess(each, "SIGCONT");
      tell(true);
    },
    async cutConnections(random) {
      const client = new pg.Client({ connectionString: server.url });
      client.on("error", () => {});
      await client.connect();
      try {
        const { rows } = await client.query<{ pid: number }>(
          "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY pid",
        );
        const share = random.between(0.1, 1);
        const pids = rows.map((row) => row.pid).filter(() => random.chance(share));
        await client.query("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid", [pids]);
        timeline.tell("database", "connections", false);
        timeline.tell("database", "connections", true);
        return pids.length;
      } finally {
        await client.end();
      }
    },
    async close() {
      await server.close();
      await rm(server.dataDir, { recursive: true, force: true });
    },
  };
}

/** One that began after this moment: who was killed just now may still answer. */
async function untilOneAnswers(url: string, after: number): Promise<void> {
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
    client.on("error", () => {});
    try {
      await client.connect();
      const { rows } = await client.query<{ began: Date }>("SELECT pg_postmaster_start_time() AS began");
      await client.end();
      if (rows[0] !== undefined && rows[0].began.getTime() > after) return;
    } catch {
      // It is away still.
    }
    await wait(50);
  }
}

async function childrenOf(parent: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid="]);
  return stdout.split("\n").flatMap((line) => {
    const [pid, ppid] = line.trim().split(/\s+/).map(Number);
    return ppid === parent && pid !== undefined ? [pid] : [];
  });
}
