import type { Ledger, RunStatus } from "./history.ts";

/** What clients were told, as it comes. */
export interface OpenLedger extends Ledger {
  begun(project: string, key: string | null, answer: { readonly runId: string; readonly count: number }): void;
  /** A start without a key was not answered. */
  unanswered(): void;
  cancelled: Map<string, ("CANCELLED BY THIS" | RunStatus | null)[]>;
  manualSubtasks: Map<string, { storyId: string; at: number }>;
  editedSubtasks: Map<string, number>;
  writtenStories: Map<string, string>;
  deletedStories: Set<string>;
  deletedProjects: Set<string>;
}

export function createLedger(): OpenLedger {
  const started = new Map<string, { runId: string; count: number }[]>();
  const startedWithoutKey: { projectId: string; runId: string }[] = [];
  let allAnswered = true;
  return {
    started,
    startedWithoutKey,
    get allAnswered() {
      return allAnswered;
    },
    begun(project, key, answer) {
      if (key === null) startedWithoutKey.push({ projectId: project, runId: answer.runId });
      else {
        const id = `${project} ${key}`;
        started.set(id, [...(started.get(id) ?? []), answer]);
      }
    },
    unanswered: () => void (allAnswered = false),
    cancelled: new Map(),
    manualSubtasks: new Map(),
    editedSubtasks: new Map(),
    writtenStories: new Map(),
    deletedStories: new Set(),
    deletedProjects: new Set(),
  };
}
