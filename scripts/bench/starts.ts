import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";

const ROOT = path.join(import.meta.dirname, "../..");

/**
 * How long `npm start` takes until a query is answered, in milliseconds; the program is then ended as Ctrl-C would end it.
 * Not for Windows, which has no process groups.
 * @throws Error where it does not start
 */
export async function measureStart(dataDir: string): Promise<number> {
  const started = performance.now();
  const program = spawn("npm", ["start", "--silent"], {
    cwd: ROOT,
    env: {
      ...process.env,
      ...{ DATA_DIR: dataDir, PORT: "0", HOST: "", DATABASE_URL: "", GENERATOR: "outline" },
      // Otherwise npm may stay behind to ask for a newer npm.
      npm_config_update_notifier: "false",
    },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, as in a terminal: npm's shell passes no signal on to what it runs.
    detached: true,
  });
  const ended = once(program, "close");
  const said: string[] = [];
  createInterface(program.stderr).on("line", (line) => said.push(line));
  try {
    for await (const line of createInterface(program.stdout)) {
      const url = /http:\S+\/graphql/.exec(line)?.[0];
      if (url === undefined) continue;
      await ask(url);
      return performance.now() - started;
    }
    throw new Error(`npm start ended before it answered:\n${said.join("\n")}`);
  } finally {
    if (program.pid !== undefined && program.exitCode === null) process.kill(-program.pid, "SIGINT");
    await ended;
  }
}

async function ask(url: string): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ projects { nodes { id name } } }" }),
  });
  const text = await response.text();
  if (text !== '{"data":{"projects":{"nodes":[]}}}') throw new Error(`${url} answered: ${text.slice(0, 500)}`);
}
