import { setTimeout as wait } from "node:timers/promises";
import {
  CancelRun,
  CreateSubtask,
  DeleteStory,
  MoveStory,
  UpdateStory,
  UpdateSubtask,
} from "../../tests/support/operations.ts";
import { type Api, NoAnswer } from "./api.ts";
import { importStories, type Project } from "./backlog.ts";
import { globalId, rowId } from "./ids.ts";
import type { OpenLedger } from "./ledger.ts";
import type { Random } from "./random.ts";
import type { Violation } from "./violations.ts";

interface Parts {
  readonly api: Api;
  readonly ledger: OpenLedger;
  readonly random: Random;
  readonly report: (violation: Violation) => void;
}

/** Fewer stories than this are topped up, more than `MOST` are not. */
const LEAST = 5;
const MOST = 11;

/** Cancels a run (its row's id), and goes on until there is an answer. */
export async function cancel({ api, ledger, random, report }: Parts, runId: string): Promise<void> {
  const answers = ledger.cancelled.get(runId) ?? [];
  ledger.cancelled.set(runId, answers);
  for (;;) {
    try {
      const { cancelRun: answer } = await api.try(CancelRun, { runId: globalId("Run", runId) });
      if (answer.__typename === "CancelRunPayload") answers.push("CANCELLED BY THIS");
      else if (answer.__typename === "RunNotActiveError") answers.push(answer.run.status);
      else report({ kind: "answer", text: `Cancelling the run ${runId} was answered with ${answer.__typename}.` });
      return;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      answers.push(null);
      await wait(random.between(100, 700));
    }
  }
}

/** Does one thing to the backlog that people do while a run is at it. */
export async function meddle(parts: Parts, project: Project): Promise<void> {
  const { api, ledger, random, report } = parts;
  const storyId = project.storyIds.length === 0 ? null : random.pick(project.storyIds);
  if (storyId === null || project.storyIds.length < LEAST) return topUp(parts, project);
  const expect = (what: string, typename: string, ...may: readonly string[]): void => {
    if (!may.includes(typename)) report({ kind: "answer", text: `${what} was answered with ${typename}.` });
  };
  switch (random.weighed({ write: 30, edit: 25, rewrite: 15, move: 10, delete: 12, topUp: 8 })) {
    case "write": {
      const input = { storyId, title: `Ask somebody ${random.whole(1, 1e9)}` };
      const { createSubtask: made } = (await api.ask(CreateSubtask, { input })).data;
      if (made.__typename === "CreateSubtaskPayload")
        ledger.manualSubtasks.set(rowId(made.subtask.id), { storyId: rowId(storyId), at: Date.now() });
      else expect("Writing a subtask", made.__typename, "NotFoundError");
      return;
    }
    case "edit": {
      if (project.subtaskIds.length === 0) return;
      const id = random.pick(project.subtaskIds);
      const { updateSubtask: made } = (await api.ask(UpdateSubtask, { input: { id, status: "IN_PROGRESS" } })).data;
      // Meanwhile it may have been replaced, or its story deleted.
      if (made.__typename === "UpdateSubtaskPayload") ledger.editedSubtasks.set(rowId(id), Date.now());
      else expect("Editing a subtask", made.__typename, "NotFoundError");
      return;
    }
    case "rewrite": {
      const acceptanceCriteria = [`It shows ${random.whole(1, 99)} books.`, "It works on a phone."];
      const { updateStory: made } = (await api.ask(UpdateStory, { input: { id: storyId, acceptanceCriteria } })).data;
      expect("Rewriting a story", made.__typename, "UpdateStoryPayload", "NotFoundError");
      return;
    }
    case "move": {
      const input = { id: storyId, position: random.whole(0, 5) };
      const { moveStory: made } = (await api.ask(MoveStory, { input })).data;
      expect("Moving a story", made.__typename, "MoveStoryPayload", "NotFoundError");
      return;
    }
    case "delete": {
      project.storyIds.splice(project.storyIds.indexOf(storyId), 1);
      const { data, lost } = await api.ask(DeleteStory, { id: storyId });
      ledger.deletedStories.add(rowId(storyId));
      expect(
        "Deleting a story",
        data.deleteStory.__typename,
        "DeleteStoryPayload",
        ...(lost > 0 ? ["NotFoundError"] : []),
      );
      return;
    }
    case "topUp":
      return topUp(parts, project);
  }
}

async function topUp(parts: Parts, project: Project): Promise<void> {
  const { random } = parts;
  const count = Math.min(random.whole(2, 4), MOST - project.storyIds.length);
  if (count <= 0) return;
  const { storyIds } = await importStories(parts, { projectId: project.id, epicId: project.epicId, count });
  project.storyIds.push(...storyIds);
}
