import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "pino";
import { sendJson } from "./respond.ts";

/** Whether the program can do its work, part by part ("ok", or what is wrong with it). */
export interface Readiness {
  readonly ready: boolean;
  readonly parts: Readonly<Record<string, string>>;
}

/** /healthz: that the process is alive and answers, whatever its parts do. */
export function answerHealth(_request: IncomingMessage, response: ServerResponse): void {
  sendJson(response, 200, { status: "ok" }, NOT_STORED);
}

/** /readyz: 200 where every part is ready, else 503, with the parts. */
export function createReadinessAnswer(readiness: () => Promise<Readiness>, log: Logger) {
  return async (_request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let state: Readiness = { ready: false, parts: {} };
    try {
      state = await readiness();
    } catch (err) {
      log.warn({ err }, "Whether the program is ready could not be told.");
    }
    const { ready, parts } = state;
    sendJson(response, ready ? 200 : 503, { status: ready ? "ready" : "not ready", parts }, NOT_STORED);
  };
}

const NOT_STORED = { "cache-control": "no-store" };
