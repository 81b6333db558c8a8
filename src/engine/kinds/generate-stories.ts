import type { Transaction } from "../../database/database.ts";
import type { EpicContext, EpicToFill, GeneratedStory, Generator } from "../../generation/generator.ts";
import { NOTHING_SAVED } from "../../pubsub/run-events.ts";
import type { ModelOffer } from "../generation-options.ts";
import { generatorName } from "./generator-name.ts";
import { nonceOf } from "./nonce.ts";
import type { ItemWork, RunKind, TargetScope } from "./run-kind.ts";

/** What this kind reads of the backlog and writes to it, in the caller's transaction. */
export interface StoryStore {
  /** Code and title of a project's epics, or of those of `ids` that are there, in order. */
  readEpicTitles(
    reader: Transaction,
    scope: TargetScope,
  ): Promise<{ readonly id: string; readonly code: string; readonly title: string }[]>;
  /** Null where the project has gone. */
  readFillContext(reader: Transaction, projectId: string): Promise<Omit<EpicContext, "instructions" | "nonce"> | null>;
  /** By epic id; epics that have gone are left out. `existingStories` are those that the new ones will stand beside. */
  readEpicsToFill(
    reader: Transaction,
    epicIds: readonly string[],
    options: { replace: boolean; runId: string },
  ): Promise<Map<string, EpicToFill & { readonly storyCount: number }>>;
  /** By epic id; null for an epic that has gone. */
  saveGeneratedStories(
    tx: Transaction,
    sets: readonly { epicId: string; runId: string; replace: boolean; stories: readonly GeneratedStory[] }[],
  ): Promise<Map<string, { createdIds: string[]; deletedCount: number } | null>>;
}

/** GENERATE_STORIES: an item is an epic of a project, and gets stories. */
export function createGenerateStoriesKind(
  generator: Generator,
  offer: ModelOffer,
  store: StoryStore,
): RunKind<readonly GeneratedStory[]> {
  return {
    type: "GENERATE_STORIES",
    entities: { item: "Epic", parent: "Project" },
    phase: "GENERATING_STORIES",
    offer,
    generator: generatorName(generator),
    model: generator.model,
    words: { item: "epic", items: "epics", parent: "project", created: "stories" },
    async projectOf(reader, parentId) {
      const project = await reader.project.findUnique({ where: { id: parentId }, select: { id: true } });
      return project?.id ?? null;
    },
    async targets(reader, scope) {
      const epics = await store.readEpicTitles(reader, scope);
      return epics.map(({ id, code, title }) => ({ storyId: null, epicId: id, code, title }));
    },
    async open(reader, run) {
      const read = await store.readFillContext(reader, run.projectId);
      const context = read && { ...read, instructions: run.instructions, nonce: await nonceOf(reader, run) };
      const replace = run.existingBehavior === "REPLACE";
      const { mode, model } = run;
      const personaSet = run.personaSet ?? "CORE";
      return {
        expectedCostUsd: context && generator.itemCostUsd({ makes: "stories", context, mode, model }),
        async read(tx, items) {
          const epicIds = items.map((item) => item.epicId).filter((id) => id !== null);
          const epics = await store.readEpicsToFill(tx, epicIds, { replace, runId: run.id });
          const work = new Map<string, ItemWork<readonly GeneratedStory[]>>();
          for (const { id, epicId } of items) {
            const epic = epicId === null ? undefined : epics.get(epicId);
            if (epic === undefined || context === null) continue;
            work.set(id, {
              skip: run.existingBehavior === "SKIP" && epic.storyCount > 0 ? "It has stories already." : null,
              generate: (call) => generator.fillEpic({ context, epic, mode, personaSet, model, ...call }),
            });
          }
          return work;
        },
        async save(tx, done) {
          const sets = done.flatMap(({ item, output }) =>
            item.epicId === null ? [] : [{ epicId: item.epicId, runId: run.id, replace, stories: output }],
          );
          const saved = await store.saveGeneratedStories(tx, sets);
          return new Map(
            done.map(({ item }) => {
              const set = item.epicId === null ? null : saved.get(item.epicId);
              if (!set) return [item.id, null];
              const { createdIds, deletedCount } = set;
              const created = { ...NOTHING_SAVED, storyIds: createdIds };
              return [item.id, { createdCount: createdIds.length, deletedCount, created, warnings: [] }];
            }),
          );
        },
      };
    },
  };
}
