import { expect } from "vitest";
import { createEpic } from "../../src/backlog/epics.ts";
import { createProject } from "../../src/backlog/projects.ts";
import { createStory, type CreateStoryInput } from "../../src/backlog/stories.ts";
import { createSubtask, type CreateSubtaskInput } from "../../src/backlog/subtasks.ts";
import type { SettleRuns } from "../../src/backlog/deletion.ts";
import type { Database, Transaction } from "../../src/database/database.ts";
import type { Epic, Run, Story, Subtask } from "../../src/database/generated/prisma/client.ts";

/** An id that nothing has. */
export const UNKNOWN_ID = "01900000-0000-7000-8000-000000000000";

/** When everything was last edited, after `backdate`. */
export const LONG_AGO = new Date("2020-01-01T00:00:00.000Z");

/** For deletions in projects without runs. */
export const noRuns: SettleRuns = async () => () => {};

export async function newProject(database: Database): Promise<string> {
  return (await createProject(database, { name: "A project" })).id;
}

export async function newEpic(database: Database, projectId?: string): Promise<Epic> {
  return createEpic(database, { projectId: projectId ?? (await newProject(database)), title: "An epic" });
}

export async function newStory(database: Database, input: Partial<CreateStoryInput> = {}): Promise<Story> {
  return createStory(database, { title: "A story", ...input, epicId: input.epicId ?? (await newEpic(database)).id });
}

export async function newSubtask(database: Database, input: Partial<CreateSubtaskInput> = {}): Promise<Subtask> {
  return createSubtask(database, {
    title: "A subtask",
    ...input,
    storyId: input.storyId ?? (await newStory(database)).id,
  });
}

/** A run over stories of one epic, as a start leaves it. */
export async function newRun(database: Database, stories: readonly Story[]): Promise<Run> {
  const { projectId, epicId } = stories[0]!;
  return database.prisma.run.create({
    data: {
      projectId,
      epicId,
      type: "GENERATE_SUBTASKS",
      mode: "STANDARD",
      existingBehavior: "SKIP",
      pacing: "NORMAL",
      totalItems: stories.length,
      request: {},
      items: {
        create: stories.map((story, position) => ({
          storyId: story.id,
          position,
          code: `S${story.number}`,
          title: story.title,
        })),
      },
    },
  });
}

/** Makes `count` of something, one after the other. */
export async function several<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let index = 0; index < count; index++) made.push(await make(index));
  return made;
}

/** Lets everything in the database have been edited long ago, so that an edit shows. */
export async function backdate(database: Database): Promise<void> {
  const data = { updatedAt: LONG_AGO };
  await database.prisma.project.updateMany({ data });
  await database.prisma.epic.updateMany({ data });
  await database.prisma.story.updateMany({ data });
  await database.prisma.subtask.updateMany({ data });
}

const inOrder = { orderBy: [{ position: "asc" as const }, { id: "asc" as const }] };

export async function epicsOf(database: Database, projectId: string): Promise<Epic[]> {
  return database.prisma.epic.findMany({ where: { projectId }, ...inOrder });
}

export async function storiesOf(database: Database, epicId: string): Promise<Story[]> {
  return database.prisma.story.findMany({ where: { epicId }, ...inOrder });
}

export async function subtasksOf(database: Database, storyId: string): Promise<Subtask[]> {
  return database.prisma.subtask.findMany({ where: { storyId }, ...inOrder });
}

/** What `rejects.toMatchObject` takes for an input that is refused for one reason. */
export function invalid(path: string[], message: RegExp | string) {
  return { name: "InvalidInputError", issues: [{ path, message: matching(message) }] };
}

export function notFound(entity: string, id: string) {
  return { name: "NotFoundError", entity, id };
}

function matching(message: RegExp | string): unknown {
  return typeof message === "string" ? message : expect.stringMatching(message);
}

/** Resolves once `count` transactions of this database wait for a lock. */
export async function waiting(database: Database, count: number): Promise<void> {
  await expect
    .poll(
      async () => {
        const [row] = await database.prisma.$queryRaw<{ count: number }[]>`
          SELECT count(*)::int AS count FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock'`;
        return row?.count;
      },
      { interval: 10, timeout: 10_000 },
    )
    .toBe(count);
}

/** Locks a story in a transaction of its own; `release` does `work` in that transaction and commits it. */
export async function holdStory(database: Database, storyId: string) {
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<(tx: Transaction) => Promise<unknown>>();
  const holder = database.transaction(async (tx) => {
    await tx.$queryRaw`SELECT id FROM "Story" WHERE id = ${storyId}::uuid FOR UPDATE`;
    held.resolve();
    await (
      await released.promise
    )(tx);
  });
  await held.promise;
  return {
    release: async (work: (tx: Transaction) => Promise<unknown> = async () => {}) => {
      released.resolve(work);
      await holder;
    },
  };
}
