/** What kind of operation it was; "unknown" where it did not come so far that this could be told. */
export type OperationType = "query" | "mutation" | "subscription" | "unknown";

/**
 * How an operation was answered: without errors (typed ones of a mutation's payload are data), with errors that are the
 * client's, or with one of ours. A subscription counts when its stream begins.
 */
export type OperationOutcome = "succeeded" | "refused" | "failed";

/** Hears what the server does. Called in the middle of the work: it must be quick and not throw. */
export interface ServerObserver {
  /** @param path one of the server's own, or "other" */
  requestAnswered(path: string, status: number): void;
  operationAnswered(operation: {
    readonly transport: "http" | "websocket";
    readonly type: OperationType;
    readonly outcome: OperationOutcome;
    /** Milliseconds since it came in. */
    readonly durationMs: number;
  }): void;
  socketOpened(): void;
  socketClosed(): void;
}

/** For a server that nobody observes. */
export const UNOBSERVED: ServerObserver = {
  requestAnswered() {},
  operationAnswered() {},
  socketOpened() {},
  socketClosed() {},
};
