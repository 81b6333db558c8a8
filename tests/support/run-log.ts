import type { Database } from "../../src/database/database.ts";
import { changeRunNow } from "../../src/engine/run-change.ts";
import type { WakeUps } from "../../src/pubsub/wake-ups.ts";

/** A run that no executor holds: the test writes its events. */
export interface RunLog {
  readonly runId: string;
  readonly projectId: string;
  /** Appends so many lines in one transaction, and wakes whoever listens. */
  append(count?: number): Promise<void>;
  /** Ends the run, with one event more. */
  finish(): Promise<void>;
  /** Makes what `append` writes be heard of by nobody. */
  silence(): void;
}

/** @param options.events how many events it has already */
export async function createRunLog(
  parts: { database: Database; wakeUps: WakeUps },
  options: { events?: number } = {},
): Promise<RunLog> {
  const { database } = parts;
  const { id: projectId } = await database.prisma.project.create({ data: { name: "A project" } });
  const { id: runId } = await database.prisma.run.create({
    data: {
      projectId,
      type: "GENERATE_SUBTASKS",
      status: "RUNNING",
      mode: "STANDARD",
      existingBehavior: "SKIP",
      pacing: "NORMAL",
      totalItems: 0,
      request: {},
    },
  });
  const guard = { runId, statuses: ["RUNNING"] } as const;
  let wake = () => parts.wakeUps.wake(runId, "events");
  const log: RunLog = {
    runId,
    projectId,
    async append(count = 1) {
      await changeRunNow(database, guard, (change) => {
        for (let i = 0; i < count; i += 1) change.log("INFO", `Line ${change.run.seq + 1}`);
      });
      wake();
    },
    async finish() {
      await changeRunNow(database, guard, (change) => change.update({ status: "SUCCEEDED", completedAt: change.at }));
      wake();
    },
    silence() {
      wake = () => {};
    },
  };
  if (options.events) await log.append(options.events);
  return log;
}
