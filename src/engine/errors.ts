import type { RunRow } from "../pubsub/run-events.ts";

/** There is no item that a run could work on. */
export class NothingToDoError extends Error {
  override readonly name = "NothingToDoError";
}

/** The project has an active run of this type already: `run`. Watch it, or cancel it first. */
export class RunAlreadyActiveError extends Error {
  override readonly name = "RunAlreadyActiveError";
  readonly run: RunRow;
  constructor(run: RunRow) {
    super("A run of this type is active in this project. Watch it, wait for its end, or cancel it first.");
    this.run = run;
  }
}

/** The run has ended: there is nothing to cancel. */
export class RunNotActiveError extends Error {
  override readonly name = "RunNotActiveError";
  readonly run: RunRow;
  constructor(run: RunRow) {
    super(`The run has ended already (${run.status}).`);
    this.run = run;
  }
}

/** The idempotency key came before, with another input. */
export class IdempotencyConflictError extends Error {
  override readonly name = "IdempotencyConflictError";
  constructor() {
    super("This idempotency key was used with another input in this project. Use a new key for a new request.");
  }
}
