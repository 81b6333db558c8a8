import { fork } from "node:child_process";
import { once } from "node:events";
import { Message, type Usage } from "./serve.ts";

/** A server under test, in a process of its own. */
export interface ServerProcess {
  readonly url: string;
  /** What it has used up since it began, and its memory; `afterGc`: once garbage has been collected. */
  usage(options?: { readonly afterGc: boolean }): Promise<Usage>;
  /** Tells it to make runs wait. */
  hold(): void;
  /** Tells it to let runs go on, or to play its recording. */
  go(): void;
  close(): Promise<void>;
}

/**
 * Runs one of the files of `servers/`.
 * @throws Error where it ends instead of answering
 */
export async function startServerProcess(
  name: "storymill" | "plain" | "raw" | "claude" | "watched-plain" | "watched-raw",
  databaseUrl: string,
  args: readonly string[] = [],
  role: "all" | "api" | "worker" = "all",
): Promise<ServerProcess> {
  const child = fork(new URL(`servers/${name}.ts`, import.meta.url), args, {
    env: { ...process.env, DATABASE_URL: databaseUrl, ROLE: role, NODE_ENV: "production" },
    execArgv: [...process.execArgv, "--expose-gc"],
  });
  const ended = once(child, "exit");
  const endedEarly = ended.then(([code]) => {
    throw new Error(`The server "${name}" ended with code ${code}.`);
  });
  const next = async () => {
    const [message] = await Promise.race([once(child, "message"), endedEarly]);
    return Message.parse(message);
  };
  const first = await next();
  if (!("url" in first)) throw new Error(`The server "${name}" did not say where it is.`);
  return {
    url: first.url,
    hold: () => void child.send("hold"),
    go: () => void child.send("go"),
    async usage(options) {
      const answer = next();
      child.send(options?.afterGc === true ? "usage after gc" : "usage");
      const message = await answer;
      if (!("usage" in message)) throw new Error(`The server "${name}" did not say what it used.`);
      return message.usage;
    },
    async close() {
      endedEarly.catch(() => {});
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
