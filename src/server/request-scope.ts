import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { ExecutionResult } from "graphql";
import type { Logger } from "pino";
import type { OperationOutcome, OperationType, ServerObserver } from "./observer.ts";

/** An id that somebody in front of us gave the request is kept if it is one: it must fit a header and a line of a log. */
const SANE_ID = /^[\w.:/+=@-]{1,128}$/;
/** A WebSocket client names its operations as it likes; longer names are cut in the log. */
const LONGEST_OPERATION_ID = 64;

/** What lines of the log are marked with, so that those of one request can be found among others. */
export type RequestIds =
  | { readonly requestId: string }
  | { readonly socketId: string; readonly operationId?: string | undefined };

/** One request, or one message of a WebSocket, while it is being handled. */
interface Scope {
  ids: RequestIds;
  readonly startedAt: number;
  type: OperationType;
  outcome: OperationOutcome | undefined;
}

/**
 * What is being handled just now, known to everything that is called on the way (through Yoga, which passes nothing on):
 * whose ids a line of the log carries, and what became of an operation.
 */
export interface RequestScopes {
  /** Handles a request or a message: what `work` calls, also later, belongs to it. */
  enter<T>(ids: RequestIds, work: () => T): T;
  /** The message turned out to be this operation. */
  nameOperation(operationId: string): void;
  /** The operation turned out to be of this type. */
  setType(type: OperationType): void;
  /** The operation has its answer, or its stream begins. */
  answered(result: Pick<ExecutionResult, "errors">): void;
  /** What is known of the operation so far, for a line about its request. */
  operation(): { readonly operation?: OperationType; readonly outcome?: OperationOutcome };
  /** The log; its lines carry the ids of what is being handled. */
  readonly log: Logger;
}

export function createRequestScopes(log: Logger, observer: ServerObserver): RequestScopes {
  const storage = new AsyncLocalStorage<Scope>();
  return {
    enter: (ids, work) => storage.run({ ids, startedAt: performance.now(), type: "unknown", outcome: undefined }, work),
    nameOperation(operationId) {
      const scope = storage.getStore();
      if (scope !== undefined) scope.ids = { ...scope.ids, operationId: operationId.slice(0, LONGEST_OPERATION_ID) };
    },
    setType(type) {
      const scope = storage.getStore();
      if (scope !== undefined) scope.type = type;
    },
    answered({ errors = [] }) {
      const scope = storage.getStore();
      if (scope === undefined) return;
      const { ids, type } = scope;
      const outcome = outcomeOf(errors);
      scope.outcome = outcome;
      const durationMs = performance.now() - scope.startedAt;
      const transport = "requestId" in ids ? "http" : "websocket";
      observer.operationAnswered({ transport, type, outcome, durationMs });
      // A request over HTTP has its line when it is over.
      if (transport === "websocket")
        log.debug(
          { ...ids, operation: type, outcome, durationMs: Math.round(durationMs) },
          "An operation was answered.",
        );
    },
    operation() {
      const scope = storage.getStore();
      return scope?.outcome === undefined ? {} : { operation: scope.type, outcome: scope.outcome };
    },
    get log() {
      const scope = storage.getStore();
      return scope === undefined ? log : log.child(scope.ids);
    },
  };
}

function outcomeOf(errors: NonNullable<ExecutionResult["errors"]>): OperationOutcome {
  if (errors.length === 0) return "succeeded";
  return errors.some(({ extensions }) => extensions["code"] === "INTERNAL_SERVER_ERROR") ? "failed" : "refused";
}

/** The request's own id where it brings a sane one, else a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, "headers">): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && SANE_ID.test(given) ? given : randomUUID();
}
