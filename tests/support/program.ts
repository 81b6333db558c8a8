import { spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";

/** What a program left when it ended. */
export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program under way, as somebody at a shell has it. */
export interface Program {
  readonly pid: number | undefined;
  /** What it has written to stdout so far. */
  readonly stdout: string;
  /** Resolves once its stdout matches. @throws Error, with what it wrote, where it ends before */
  says(pattern: RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

/**
 * Starts a program in `cwd`, with this environment beside PATH and HOME only, and `input` on stdin. It is killed at the end
 * of the test where it has not ended by then.
 */
export function startProgram(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>>; readonly input?: string },
): Program {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(command, args, { cwd: options.cwd, env: { PATH, HOME, ...options.env } });
  onTestFinished(() => void child.kill("SIGKILL"));
  const written = { stdout: "", stderr: "" };
  const news = new EventTarget();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    written.stdout += text;
    news.dispatchEvent(new Event("stdout"));
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (written.stderr += text));
  child.stdin.on("error", () => {});
  child.stdin.end(options.input);
  let over = false;
  const ended = once(child, "close").then(([code]: (number | null)[]): Ended => {
    over = true;
    news.dispatchEvent(new Event("stdout"));
    return { code: code ?? null, ...written };
  });
  return {
    pid: child.pid,
    get stdout() {
      return written.stdout;
    },
    async says(pattern) {
      while (!pattern.test(written.stdout)) {
        if (over) throw new Error(`The program ended without saying ${pattern}:\n${written.stdout}\n${written.stderr}`);
        await new Promise((resolve) => news.addEventListener("stdout", resolve, { once: true }));
      }
    },
    kill: (signal) => void child.kill(signal),
    ended,
  };
}

/** Whether there is such a program in PATH. */
export async function isInstalled(command: string): Promise<boolean> {
  const child = spawn("sh", ["-c", `command -v ${command}`], { stdio: "ignore" });
  const [code] = (await once(child, "close")) as [number | null];
  return code === 0;
}
