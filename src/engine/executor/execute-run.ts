import { setImmediate } from "node:timers/promises";
import type { Logger } from "pino";
import type { Database } from "../../database/database.ts";
import { isPassing } from "../../database/passing-error.ts";
import { GenerationError } from "../../generation/generator.ts";
import type { Drafts } from "../../pubsub/shared-drafts.ts";
import { hasEnded } from "../../pubsub/run-events.ts";
import type { WakeUps } from "../../pubsub/wake-ups.ts";
import type { RunKinds } from "../kinds/registry.ts";
import { type EngineObserver, UNOBSERVED } from "../observer.ts";
import type { ProviderPaces } from "../pace/provider-paces.ts";
import { changeRunNow } from "../run-change.ts";
import { claimRun } from "./claim-run.ts";
import { AbortedCall, createInFlight, type Outcome } from "./in-flight.ts";
import { createPacer } from "./pacer.ts";
import { leaveRun } from "./leave-run.ts";
import { afterRefusal } from "./refused-step.ts";
import { takeStep } from "./step.ts";
import { createBudget } from "./budget.ts";
import { createTurns } from "./turns.ts";

/** An executor that has nothing to write says this often that it lives, and looks whether the run is still its own. */
const HEARTBEAT_MS = 5_000;
/** Calls under way when the process is told to stop have this long to end. */
const GRACE_MS = 2_000;
const RETRY_MS = 500;

export interface ExecutionParts {
  readonly database: Database;
  readonly wakeUps: WakeUps;
  readonly drafts: Drafts;
  readonly kinds: RunKinds;
  /** What is known of the provider: its limits, for ADAPTIVE runs, and what pause it asked for, for all. */
  readonly providers: ProviderPaces;
  /** What retries wait at first; doubled each time. */
  readonly retryBaseMs: number;
  readonly log: Logger;
  readonly observer?: EngineObserver;
}

/**
 * Works through a run until it has ended or belongs to somebody else: one loop, in which every step is one transaction
 * (what came in is saved, what may start is started), so that the loop is the run's only writer in this process.
 * @param stop aborted when the process stops: calls under way get a moment, what is unfinished waits for the next claim
 * @returns "left" where the run must be taken up again, else "over"
 */
export async function executeRun(parts: ExecutionParts, runId: string, stop: AbortSignal): Promise<"over" | "left"> {
  const { database, wakeUps, drafts, observer = UNOBSERVED } = parts;
  const claim = await claimRun(database, parts.kinds, runId, observer);
  if (claim === null) return "over";
  const { kind, run } = claim;
  const guard = { runId, statuses: ["RUNNING"], lease: run.lease } as const;
  const log = parts.log.child({ runId });
  // Whoever held it before must hear of it at once: its calls cost, and its drafts are void.
  wakeUps.wake(runId, run.lease > 1 ? "control" : "events");
  const session = await kind.open(database.prisma, run);
  const provider = parts.providers.of(run.model);
  let bell = Promise.withResolvers<void>();
  const ring = () => bell.resolve();
  const pacer = createPacer({ pacing: run.pacing, provider, lastStart: claim.lastStart, ring, now: Date.now });
  const { retryBaseMs } = parts;
  const turns = createTurns({ items: claim.pending, pacer, retryBaseMs, now: Date.now, random: Math.random });
  const { maxCostUsd, costUsd: spentUsd } = run;
  const budget = createBudget({ maxCostUsd, expectedUsd: session.expectedCostUsd, spentUsd });

  let over = false;
  // A pace that says when calls start is kept to the provider's door: the first few may each pay for what they share.
  const waitsForCache = run.pacing === "ADAPTIVE";
  const inFlight = createInFlight(
    { provider, waitsForCache },
    {
      onOutcome: ring,
      onEnded: (result) => observer.attemptEnded(run.type, result),
      onUsage: (usage) => observer.spent(run.model ?? kind.model, usage),
    },
  );

  function endExecution(reason: string): void {
    over = true;
    inFlight.abort(inFlight.itemIds(), new AbortedCall(reason));
    ring();
  }

  /** Somebody else changed the run: it was cancelled or taken over, or stories of it were deleted. */
  async function lookAround(): Promise<void> {
    const now = await database.prisma.run.findUnique({ where: { id: runId }, select: { status: true, lease: true } });
    if (now === null || now.status !== "RUNNING" || now.lease !== run.lease)
      return endExecution("The run is no longer this executor's.");
    const ids = inFlight.itemIds();
    const still = await database.prisma.runItem.findMany({
      where: { id: { in: ids }, status: "GENERATING" },
      select: { id: true },
    });
    const gone = new Set(ids).difference(new Set(still.map(({ id }) => id)));
    inFlight.abort([...gone], new AbortedCall("What it was for was deleted."));
    ring();
  }

  /** Who may begin now; nobody while the process stops. */
  const turnNow = () => turns.next(stop.aborted ? 0 : budget.mayStart());

  async function step(outcomes: readonly Outcome[]): Promise<void> {
    const giveUp = isSpentUp() ? budget.reason() : null;
    const turn = giveUp === null ? turnNow() : { retries: [], next: turns.fresh, mayStart: 0 };
    const { retryDelay } = turns;
    const { inFlightLimit } = pacer;
    const stepParts = { kind, session, outcomes, ...turn, inFlightLimit, retryDelay, giveUp };
    const changed = await changeRunNow(database, guard, (change) => takeStep(change, stepParts), observer);
    if (changed === null) return endExecution("The run is no longer this executor's.");
    wakeUps.wake(runId, "events");
    const { started, taken, held, again } = changed.result;
    for (const { item, work, seq } of started)
      inFlight.start(item, work, {
        ticket: pacer.begin(turns.kindOf(item.id)),
        spending: budget.begin(),
        onDraft: (draft) => drafts.draft({ runId, item, seq, lease: run.lease, draft }),
      });
    turns.took(taken, held);
    for (const { item, delayMs, asked } of again) {
      turns.again(item, delayMs, asked);
      observer.itemRetried(run.type);
    }
    if (hasEnded(changed.run)) endExecution("The run has ended.");
    else if (turns.waiting + inFlight.size + outcomes.length === 0)
      throw new Error(`The run ${runId} has items that nobody works on.`);
  }

  /** Whether the budget lets nobody begin any more: nothing is under way that could still cost less than feared. */
  function isSpentUp(): boolean {
    return turns.waiting > 0 && inFlight.size === 0 && !stop.aborted && budget.mayStart() === 0;
  }

  async function wait(): Promise<void> {
    const held = stop.aborted || budget.mayStart() === 0;
    const timer = setTimeout(ring, Math.min(held ? Infinity : turns.waitMs(), HEARTBEAT_MS));
    await bell.promise;
    clearTimeout(timer);
    bell = Promise.withResolvers<void>();
    // What comes in at one moment shares a transaction.
    await setImmediate();
  }

  const silence = wakeUps.listen(runId, (reason) => {
    if (reason === "control")
      lookAround().catch((error: unknown) => log.warn({ err: error }, "could not look at the run"));
  });
  stop.addEventListener("abort", ring);
  let graceEnds: NodeJS.Timeout | undefined;
  let graceOver = false;
  let lastWrite = Date.now();
  /** Set by a refused step: from then on outcomes are saved one by one, so that one bad set spoils no other. */
  let oneByOne = false;
  const interrupted: Outcome[] = [];
  observer.executionBegan();
  try {
    while (!over) {
      if (stop.aborted)
        graceEnds ??= setTimeout(() => {
          graceOver = true;
          inFlight.abort(inFlight.itemIds(), new AbortedCall("The server stops."));
          ring();
        }, GRACE_MS);
      const outcomes: Outcome[] = [];
      // A call that ended because the process stops is no failure of its item.
      for (const outcome of inFlight.take(oneByOne ? 1 : Infinity))
        (stop.aborted && "error" in outcome.result ? interrupted : outcomes).push(outcome);
      if (stop.aborted && (graceOver || inFlight.size === 0) && outcomes.length === 0) break;
      logSurprises(log, outcomes);
      const { retries, next } = turnNow();
      const nothingToDo = outcomes.length + retries.length + next.length === 0 && !isSpentUp();
      const idle = nothingToDo && (turns.waiting > 0 || inFlight.size > 0);
      if (idle && Date.now() - lastWrite < HEARTBEAT_MS) {
        await wait();
        continue;
      }
      try {
        if (idle) await beat();
        else await step(outcomes);
        lastWrite = Date.now();
      } catch (error) {
        // Nothing of the step was done. The database is away, or the transaction met another: the same step again.
        if (isPassing(error)) {
          log.warn({ err: error }, "a step of the run could not be written; trying again");
          inFlight.putBack(outcomes);
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        } else {
          log.warn({ err: error, itemIds: idsOf(outcomes) }, "the database refused a step of the run");
          inFlight.putBack(afterRefusal(outcomes, error));
          oneByOne = true;
        }
      }
    }
    return over ? "over" : "left";
  } finally {
    observer.executionEnded();
    pacer.leave();
    silence();
    stop.removeEventListener("abort", ring);
    clearTimeout(graceEnds);
    inFlight.abort(inFlight.itemIds(), new AbortedCall("The execution ended."));
    inFlight.putBack(interrupted);
    await leaveRun({ database, wakeUps, guard, inFlight, giveBack: !over, observer });
  }

  async function beat(): Promise<void> {
    // Never back: another process's clock, whose moment it bears, may be ahead.
    const count = await database.prisma
      .$executeRaw`UPDATE "Run" SET "heartbeatAt" = GREATEST("heartbeatAt", ${new Date()})
      WHERE id = ${runId}::uuid AND lease = ${run.lease} AND status = 'RUNNING'`;
    if (count === 0) endExecution("The run is no longer this executor's.");
  }
}

function idsOf(outcomes: readonly Outcome[]): string[] {
  return outcomes.map(({ item }) => item.id);
}

/** A bug, not a domain outcome: the user gets a plain message, the operator gets what it was. */
function logSurprises(log: Logger, outcomes: readonly Outcome[]): void {
  for (const { item, result } of outcomes)
    if ("error" in result && !(result.error instanceof GenerationError) && !(result.error instanceof AbortedCall))
      log.error({ err: result.error, itemId: item.id }, "generation failed in an unforeseen way");
}
