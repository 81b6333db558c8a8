import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";

/** A server in a process of its own (run-child.ts); killed at the end of the test where it has not ended by then. */
export async function startChild(
  databaseUrl: string,
  role: "all" | "api" | "worker" = "all",
): Promise<{ process: ChildProcess; url: string }> {
  const script = new URL("run-child.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, DATABASE_URL: databaseUrl, ROLE: role },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [url] = (await once(createInterface(child.stdout), "line")) as [string];
  return { process: child, url };
}
