import { setTimeout as wait } from "node:timers/promises";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import type { WatchRunSubscription } from "../../generated/graphql.ts";
import { WatchRun } from "../../tests/support/operations.ts";
import { complainOfStep } from "./check/watches.ts";
import { describeItem, describeRun, hasEnded, type Seen, type WatchRecord } from "./history.ts";
import { globalId, rowId } from "./ids.ts";
import type { Random } from "./random.ts";
import type { Violation } from "./violations.ts";

type Progress = WatchRunSubscription["runProgress"];

export interface WatchPlan {
  readonly runId: string;
  readonly from: "start" | "now";
  /** Leaves by itself after so many events; else it stays to the end. */
  readonly leavesAfter: number | null;
  /** Now and then stops reading for a while. */
  readonly dozes: boolean;
  /** Whether the run may be deleted under it. */
  readonly mayGo: boolean;
}

/** One subscriber of one run, over as many sockets as it takes. */
export interface Watcher {
  readonly record: WatchRecord;
  /** Breaks its socket, where it has one. @returns whether it had */
  cut(): boolean;
  /** Resolves with the run's last status once it is over; null where it left before. */
  readonly over: Promise<string | null>;
  /** Drafts that it was shown. */
  readonly drafts: number;
  readonly connections: number;
  /** Goes, whatever its plan was. */
  leave(): void;
}

/** What a subscription may be ended with when the server is away, and what a client does not see coming. */
const AWAY = new Set(["SERVICE_UNAVAILABLE", "NOT_READY", "CONSUMER_TOO_SLOW"]);
/** Close codes of ours that only mean that somebody was slow: no init in time, no answer to it in time. */
const SLOW = new Set([4408, 4504]);

/** Thrown into the loop where the connection, not the server's answer, ended a subscription. */
class Broken extends Error {}

export function startWatcher(
  plan: WatchPlan & { readonly name: string },
  options: {
    readonly urls: readonly string[];
    readonly random: Random;
    readonly report: (violation: Violation) => void;
    readonly onSaved: (subtaskIds: readonly string[]) => void;
  },
): Watcher {
  const { runId, name } = plan;
  const { random, report } = options;
  const seen: Seen[] = [];
  const leaving = new AbortController();
  const over = Promise.withResolvers<string | null>();
  let end: WatchRecord["end"] = "waiting";
  let socket: WebSocket | null = null;
  let cursor: string | null = plan.from === "start" ? Buffer.from(`${runId}:0`).toString("base64url") : null;
  let drafts = 0;
  let connections = 0;
  let lastStatus = "";

  function fail(kind: Violation["kind"], text: string): void {
    report({ kind, text: `${name}, run ${runId}: ${text}` });
  }

  function take(progress: Progress): void {
    const last = seen.at(-1)?.seq ?? null;
    if (progress.kind === "DRAFTED") {
      drafts += 1;
      if (progress.seq !== last) fail("disordered", `a draft came with seq ${progress.seq} after event ${last}.`);
      return;
    }
    cursor = progress.cursor;
    lastStatus = progress.run.status;
    const { seq, kind, run, item, subtasks } = progress;
    const complaint = complainOfStep(last, { seq, kind }, plan.from);
    if (complaint !== null) fail(complaint.kind, complaint.text);
    seen.push({
      seq,
      kind,
      run: describeRun(run),
      item: describeItem(item ? { ...item, id: rowId(item.id) } : null),
      codes: subtasks.map(({ id, code }) => ({ id: rowId(id), code })),
    });
    if (subtasks.length > 0) options.onSaved(subtasks.map(({ id }) => id));
  }

  /** One subscription, until the server completes it or we leave. @throws Broken */
  async function subscribeOnce(): Promise<void> {
    const url = random.pick(options.urls);
    const client = createClient({
      url: `${url.replace("http", "ws")}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionAckWaitTimeout: 8_000,
      lazyCloseTimeout: 0,
      on: {
        opened: (opened) => {
          socket = opened as WebSocket;
          connections += 1;
        },
      },
    });
    const results = client.iterate<WatchRunSubscription>({
      query: WatchRun.toString(),
      variables: { runId: globalId("Run", runId), after: cursor },
    });
    const leave = (): void => void results.return?.();
    leaving.signal.addEventListener("abort", leave, { once: true });
    try {
      for await (const { data, errors } of results) {
        if (errors) throw errors;
        if (!data) continue;
        take(data.runProgress);
        if (plan.leavesAfter !== null && seen.length >= plan.leavesAfter) leaving.abort();
        if (leaving.signal.aborted) break;
        if (plan.dozes && random.chance(0.05)) await doze();
      }
    } catch (error) {
      throw await translate(error);
    } finally {
      leaving.signal.removeEventListener("abort", leave);
      socket = null;
      await client.dispose();
    }
  }

  /** Does not read, so that what is sent to it waits in the system and then in the server. */
  async function doze(): Promise<void> {
    const sleeper = socket;
    sleeper?.pause();
    await wait(random.between(200, 3_000), undefined, { signal: leaving.signal }).catch(() => {});
    sleeper?.resume();
  }

  /** Tells apart what may happen and what must not. */
  async function translate(error: unknown): Promise<unknown> {
    if (Array.isArray(error)) {
      const codes = error.map((each: { extensions?: { code?: unknown } }) => String(each.extensions?.code));
      if (plan.mayGo && codes.includes("NOT_FOUND")) return new Gone();
      if (!codes.every((code) => AWAY.has(code)))
        fail("answer", `the subscription was ended with ${JSON.stringify(error).slice(0, 300)}`);
      return new Broken();
    }
    const code = typeof error === "object" && error !== null && "code" in error ? Number(error.code) : 0;
    if (code >= 4_000 && !SLOW.has(code)) fail("answer", `the socket was closed with ${code}.`);
    return new Broken();
  }

  async function watch(): Promise<void> {
    for (;;) {
      try {
        await subscribeOnce();
        if (leaving.signal.aborted) end = "left";
        else if (!hasEnded({ status: lastStatus as "QUEUED" })) {
          fail(
            "missing",
            `the stream was completed after event ${seen.at(-1)?.seq ?? 0}, at the status ${lastStatus}.`,
          );
          end = "left";
        } else end = "completed";
        break;
      } catch (error) {
        if (error instanceof Gone) {
          end = "gone";
          break;
        }
        if (!(error instanceof Broken)) throw error;
        if (leaving.signal.aborted) {
          end = "left";
          break;
        }
        await wait(random.between(50, 800), undefined, { signal: leaving.signal }).catch(() => {});
      }
    }
    over.resolve(end === "completed" ? lastStatus : null);
  }

  void watch().catch((error: unknown) => {
    fail("answer", `the subscriber broke: ${String(error)}`);
    over.resolve(null);
  });

  return {
    get record() {
      return { name, runId, from: plan.from, mayGo: plan.mayGo, seen, end };
    },
    get drafts() {
      return drafts;
    },
    get connections() {
      return connections;
    },
    over: over.promise,
    cut() {
      if (socket === null) return false;
      socket.terminate();
      return true;
    },
    leave: () => leaving.abort(),
  };
}

/** The run was deleted, which its watchers are told. */
class Gone extends Error {}
