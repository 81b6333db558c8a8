import { setTimeout as wait } from "node:timers/promises";
import { RetryRun, StartRun, StartStories } from "../../tests/support/operations.ts";
import { type Api, NoAnswer } from "./api.ts";
import type { Project } from "./backlog.ts";
import { rowId } from "./ids.ts";
import type { OpenLedger } from "./ledger.ts";
import type { Random } from "./random.ts";
import type { Violation } from "./violations.ts";

/** What a start was answered with: a run (its row's id), or why there is none. */
export type Begun = { readonly runId: string; readonly count: number } | { readonly refused: string };

/** A start that can be sent again as it is. */
export interface Intent {
  readonly project: Project;
  readonly key: string | null;
  send(api: Api): Promise<Begun>;
}

/** What marks the calls for a run, as its starter's wishes; a retry has its run's. */
export const TICKET = /Ticket \d+\b/u;

function ticket(random: Random): string {
  return `Ticket ${random.whole(1, 1e12)}`;
}

/** Splits the stories of an epic, or some of them. */
export function intendSubtasks(project: Project, random: Random): Intent {
  const key = keyOf(random);
  const fills = random.chance(0.2);
  const some = !fills && random.chance(0.3) ? project.storyIds.filter(() => random.chance(0.6)) : [];
  const pacing = random.weighed({ ADAPTIVE: 65, FAST: 15, NORMAL: fills ? 0 : 15, SAFE: fills ? 0 : 5 });
  const input = {
    epicId: fills ? random.pick(project.fillEpicIds) : project.epicId,
    ...(some.length > 0 ? { storyIds: some } : {}),
    idempotencyKey: key,
    options: {
      pacing,
      instructions: ticket(random),
      mode: random.weighed({ COMPACT: 6, STANDARD: 3, DETAILED: 1 }),
      existingBehavior: random.weighed({ SKIP: 25, REPLACE: 45, APPEND: 30 }),
      ...(random.chance(0.05) ? { maxCostUsd: 0.08 } : {}),
    },
  };
  return {
    project,
    key,
    async send(api) {
      const { startGenerateSubtasks: started } = await api.try(StartRun, { input });
      if (started.__typename !== "StartGenerateSubtasksPayload") return { refused: started.__typename };
      return { runId: rowId(started.run.id), count: started.storyCount };
    },
  };
}

/** Fills the epics that are there for it. */
export function intendStories(project: Project, random: Random): Intent {
  const key = keyOf(random);
  const input = {
    projectId: project.id,
    epicIds: [...project.fillEpicIds],
    idempotencyKey: key,
    options: {
      pacing: "ADAPTIVE" as const,
      instructions: ticket(random),
      mode: "COMPACT" as const,
      existingBehavior: random.weighed({ SKIP: 25, REPLACE: 65, APPEND: 10 }),
    },
  };
  return {
    project,
    key,
    async send(api) {
      const { startGenerateStories: started } = await api.try(StartStories, { input });
      if (started.__typename !== "StartGenerateStoriesPayload") return { refused: started.__typename };
      return { runId: rowId(started.run.id), count: started.epicCount };
    },
  };
}

/** Tries again what an ended run (a global id) left undone. */
export function intendRetry(project: Project, runId: string, random: Random): Intent {
  const key = keyOf(random);
  return {
    project,
    key,
    async send(api) {
      const { retryRun: started } = await api.try(RetryRun, { input: { runId, idempotencyKey: key } });
      if (started.__typename !== "RetryRunPayload") return { refused: started.__typename };
      return { runId: rowId(started.run.id), count: started.run.totalItems };
    },
  };
}

const REFUSALS = new Set(["RunAlreadyActiveError", "NothingToDoError", "NotFoundError"]);

/** Carries an intent out: with a key again and again until there is an answer, without one once. */
export async function begin(
  intent: Intent,
  parts: {
    readonly api: Api;
    readonly ledger: OpenLedger;
    readonly random: Random;
    readonly report: (violation: Violation) => void;
  },
): Promise<Begun | null> {
  const { api, ledger, random, report } = parts;
  for (;;) {
    try {
      const begun = await intent.send(api);
      if ("runId" in begun) ledger.begun(intent.project.row, intent.key, begun);
      else if (!REFUSALS.has(begun.refused))
        report({ kind: "answer", text: `A start was refused with ${begun.refused}.` });
      return begun;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      if (intent.key === null) {
        ledger.unanswered();
        return null;
      }
      await wait(random.between(100, 900));
    }
  }
}

function keyOf(random: Random): string | null {
  return random.chance(0.85) ? `key ${Math.floor(random.next() * 2 ** 40).toString(36)}` : null;
}
