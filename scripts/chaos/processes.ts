import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { pause } from "./pause.ts";
import { ALLOWANCE_MS, type Timeline } from "./timeline.ts";
import type { Violation } from "./violations.ts";

export type Role = "api" | "worker";

/** A process of Storymill that dies and comes back: always the same name, role and address. */
export interface Slot {
  readonly name: string;
  readonly role: Role;
  readonly url: string;
  readonly state: "down" | "starting" | "ready" | "halted" | "closing";
  /** Starts it, again and again where it cannot, until it is ready. */
  start(): Promise<void>;
  /** kill -9, and it stays down for so long. */
  kill(downMs: number): Promise<void>;
  /** SIGSTOP, and SIGCONT after so long. */
  halt(forMs: number): Promise<void>;
  /** SIGTERM, as at a rolling restart, and a new one after it. */
  replace(): Promise<void>;
  /** Ends it for good. */
  close(): Promise<void>;
}

/** From its beginning, and from the last time that something was wrong with the database. */
const READY_MS = 60_000;
/** What the program itself takes at most, and more for the machine. */
const CLOSING_MS = 10_000 + ALLOWANCE_MS;
const MAIN = path.join(import.meta.dirname, "..", "..", "src", "main.ts");

export interface SlotOptions {
  readonly name: string;
  readonly role: Role;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  /** Where its stderr goes, one after the other. */
  readonly logFile: string;
  readonly timeline: Timeline;
  /** From then on nothing is waited for. */
  readonly hurry: AbortSignal;
  readonly report: (violation: Violation) => void;
}

export function createSlot(options: SlotOptions): Slot {
  const { name, role, port, timeline, hurry, report } = options;
  const url = `http://127.0.0.1:${port}`;
  let state: Slot["state"] = "down";
  let child: ChildProcess | undefined;
  /** Set where its end is our doing. */
  let expected = false;

  function become(next: Slot["state"]): void {
    if (state === next) return;
    const wasUp = state === "ready";
    state = next;
    if (wasUp !== (next === "ready")) timeline.tell(role, name, next === "ready");
  }

  function spawnProcess(): ChildProcess {
    const log = openSync(options.logFile, "a");
    const { PATH = "", HOME = "", TMPDIR } = process.env;
    const spawned = spawn(process.execPath, [MAIN], {
      // Away from anybody's `.env`.
      cwd: path.dirname(options.logFile),
      env: {
        ...{ PATH, HOME, NODE_ENV: "production" },
        ...(TMPDIR === undefined ? {} : { TMPDIR }),
        ...{ ROLE: role, HOST: "127.0.0.1", PORT: String(port), LOG_LEVEL: "warn" },
        ...options.env,
        // Tells the provider who asks.
        ANTHROPIC_CUSTOM_HEADERS: `x-chaos-process: ${name}`,
      },
      stdio: ["ignore", "pipe", log],
      // A terminal's Ctrl-C is for us.
      detached: true,
    });
    closeSync(log);
    return spawned;
  }

  /** Whether it has become ready. */
  async function tryToStart(): Promise<boolean> {
    const began = Date.now();
    become("starting");
    expected = false;
    const started = spawnProcess();
    child = started;
    const { promise: ready, resolve } = Promise.withResolvers<boolean>();
    let said = "";
    started.stdout?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes(`:${port}`)) resolve(true);
    });
    started.once("error", () => resolve(false));
    started.once("exit", (code, signal) => {
      const wasReady = state === "ready" || state === "halted";
      resolve(false);
      if (expected || child !== started) return;
      become("down");
      // What may be in the way of a start is a database that is away or has lost its connections.
      const excused = !wasReady && timeline.isDisturbedSince(began - 1_000);
      if (!excused) report({ kind: "process", text: `${name} ended by itself (${signal ?? code}); see its log.` });
      if (wasReady) void slot.start();
    });
    const timer = setInterval(() => {
      const since = Date.now() - READY_MS;
      if (began < since && !timeline.isDisturbedSince(since)) resolve(false);
    }, 1_000);
    const isReady = await ready;
    clearInterval(timer);
    if (isReady && state === "starting") become("ready");
    return isReady;
  }

  async function end(signal: "SIGKILL" | "SIGTERM", next: "down" | "closing"): Promise<number | string | null> {
    const ending = child;
    expected = true;
    become(next);
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return null;
    const ended = once(ending, "exit") as Promise<[number | null, string | null]>;
    // One that is halted hears nothing but SIGKILL.
    ending.kill("SIGCONT");
    ending.kill(signal);
    const late = AbortSignal.timeout(CLOSING_MS);
    const [code, by] = await Promise.race([
      ended,
      new Promise<["late", null]>((resolve) => late.addEventListener("abort", () => resolve(["late", null]))),
    ]);
    if (code === "late") {
      ending.kill("SIGKILL");
      await ended;
    }
    return code ?? by;
  }

  async function endInOrder(): Promise<void> {
    const began = Date.now();
    const code = await end("SIGTERM", "closing");
    // With its database away, it may have to give up waiting for it; and on a machine that stands still it is soon late.
    const excused = timeline.isDisturbedSince(began - 20_000) || timeline.stalledMsSince(began) > 1_000;
    if (code !== null && code !== 0 && !excused) {
      const how =
        code === "late" ? `was not gone ${CLOSING_MS / 1_000} s after SIGTERM` : `ended with ${code} at SIGTERM`;
      report({ kind: "process", text: `${name} ${how}; see its log.` });
    }
    become("down");
  }

  const slot: Slot = {
    name,
    role,
    url,
    get state() {
      return state;
    },
    async start() {
      while (!(await tryToStart())) {
        if (state === "closing") return;
        if (child?.exitCode === null && child.signalCode === null) {
          report({ kind: "process", text: `${name} was not ready after ${READY_MS / 1_000} s; see its log.` });
          await end("SIGKILL", "down");
        }
        await wait(300);
      }
    },
    async kill(downMs) {
      await end("SIGKILL", "down");
      await pause(downMs, hurry);
      await slot.start();
    },
    async halt(forMs) {
      child?.kill("SIGSTOP");
      become("halted");
      await pause(forMs, hurry);
      child?.kill("SIGCONT");
      if (state === "halted") become("ready");
    },
    async replace() {
      await endInOrder();
      await slot.start();
    },
    close: endInOrder,
  };
  return slot;
}
