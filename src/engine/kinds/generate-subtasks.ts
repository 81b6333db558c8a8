import type { Transaction } from "../../database/database.ts";
import { uncoveredCriteria } from "../../generation/check-subtasks.ts";
import type { GeneratedSubtask, Generator, RunContext, StoryToSplit } from "../../generation/generator.ts";
import type { ModelOffer } from "../generation-options.ts";
import { NOTHING_SAVED } from "../../pubsub/run-events.ts";
import { generatorName } from "./generator-name.ts";
import { nonceOf } from "./nonce.ts";
import type { ItemWork, RunKind, TargetScope } from "./run-kind.ts";

/** What this kind reads of the backlog and writes to it, in the caller's transaction. */
export interface SubtaskStore {
  /** Code and title of an epic's stories, or of those of `ids` that are there, in order. */
  readStoryTitles(
    reader: Transaction,
    scope: TargetScope,
  ): Promise<{ readonly id: string; readonly code: string; readonly title: string }[]>;
  /** Null where the epic has gone. */
  readRunContext(reader: Transaction, epicId: string): Promise<Omit<RunContext, "instructions" | "nonce"> | null>;
  /** By story id; stories that have gone are left out. `existingSubtasks` are those that the new ones will stand beside. */
  readStoriesToSplit(
    reader: Transaction,
    storyIds: readonly string[],
    options: { replace: boolean },
  ): Promise<Map<string, StoryToSplit & { readonly subtaskCount: number }>>;
  /** By story id; null for a story that has gone. */
  saveGeneratedSubtasks(
    tx: Transaction,
    sets: readonly {
      storyId: string;
      runId: string;
      replace: boolean;
      subtasks: readonly GeneratedSubtask[];
      /** The criteria as the generator saw them: what is covered follows by text where they were edited since. */
      storyCriteria: readonly string[];
    }[],
  ): Promise<Map<string, { createdIds: string[]; deletedCount: number } | null>>;
}

interface SubtaskSet {
  readonly subtasks: readonly GeneratedSubtask[];
  readonly storyCriteria: readonly string[];
  /** Indices of criteria that no subtask covers. */
  readonly uncovered: readonly number[];
}

/** GENERATE_SUBTASKS: an item is a story of an epic, and gets subtasks. */
export function createGenerateSubtasksKind(
  generator: Generator,
  offer: ModelOffer,
  store: SubtaskStore,
): RunKind<SubtaskSet> {
  return {
    type: "GENERATE_SUBTASKS",
    entities: { item: "Story", parent: "Epic" },
    phase: "GENERATING_SUBTASKS",
    offer,
    generator: generatorName(generator),
    model: generator.model,
    words: { item: "story", items: "stories", parent: "epic", created: "subtasks" },
    async projectOf(reader, parentId) {
      const epic = await reader.epic.findUnique({ where: { id: parentId }, select: { projectId: true } });
      return epic?.projectId ?? null;
    },
    async targets(reader, scope) {
      const stories = await store.readStoryTitles(reader, scope);
      return stories.map(({ id, code, title }) => ({ storyId: id, epicId: null, code, title }));
    },
    async open(reader, run) {
      const read = run.epicId === null ? null : await store.readRunContext(reader, run.epicId);
      const context = read && { ...read, instructions: run.instructions, nonce: await nonceOf(reader, run) };
      const replace = run.existingBehavior === "REPLACE";
      return {
        expectedCostUsd:
          context && generator.itemCostUsd({ makes: "subtasks", context, mode: run.mode, model: run.model }),
        async read(tx, items) {
          const storyIds = items.map((item) => item.storyId).filter((id) => id !== null);
          const stories = await store.readStoriesToSplit(tx, storyIds, { replace });
          const work = new Map<string, ItemWork<SubtaskSet>>();
          for (const { id, storyId } of items) {
            const story = storyId === null ? undefined : stories.get(storyId);
            if (story === undefined || context === null) continue;
            work.set(id, {
              skip: run.existingBehavior === "SKIP" && story.subtaskCount > 0 ? "It has subtasks already." : null,
              generate: async (call) => {
                const { mode, model } = run;
                const subtasks = await generator.splitStory({ context, story, mode, model, ...call });
                return {
                  subtasks,
                  storyCriteria: story.acceptanceCriteria,
                  uncovered: uncoveredCriteria(story, subtasks),
                };
              },
            });
          }
          return work;
        },
        async save(tx, done) {
          const sets = done.flatMap(({ item, output }) =>
            item.storyId === null ? [] : [{ storyId: item.storyId, runId: run.id, replace, ...output }],
          );
          const saved = await store.saveGeneratedSubtasks(tx, sets);
          return new Map(
            done.map(({ item, output }) => {
              const set = item.storyId === null ? null : saved.get(item.storyId);
              if (!set) return [item.id, null];
              const { createdIds, deletedCount } = set;
              return [
                item.id,
                {
                  createdCount: createdIds.length,
                  deletedCount,
                  created: { ...NOTHING_SAVED, subtaskIds: createdIds },
                  warnings: warningsOf(output),
                },
              ];
            }),
          );
        },
      };
    },
  };
}

function warningsOf({ uncovered }: SubtaskSet): string[] {
  if (uncovered.length === 0) return [];
  const which = uncovered.map((index) => index + 1).join(", ");
  return [`No subtask covers ${uncovered.length === 1 ? "acceptance criterion" : "the acceptance criteria"} ${which}.`];
}
