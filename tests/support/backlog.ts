import type { Database } from "../../src/database/database.ts";
import type { Entity } from "../../src/errors.ts";
import { encodeId } from "../../src/schema/ids.ts";
import type { Epic, Project, Run, Story, Subtask } from "../../src/database/generated/prisma/client.ts";

export interface Seeded {
  readonly project: Project;
  readonly epics: readonly Epic[];
  /** Of the first epic. */
  readonly stories: readonly Story[];
  /** Of the first story; each depends on all before it. */
  readonly subtasks: readonly Subtask[];
  /** The one that made the subtasks. */
  readonly run: Run;
}

/** Writes a project in which no column is null: an epic with stories, the first of them with subtasks, and a run. */
export async function seedBacklog(
  { prisma }: Database,
  counts: { epics?: number; stories?: number; subtasks?: number } = {},
): Promise<Seeded> {
  const project = await prisma.project.create({
    data: { name: "Garden", description: "Plants and people", context: "TypeScript; done is tested" },
  });
  const projectId = project.id;
  const epics = await prisma.epic.createManyAndReturn({
    data: numbers(counts.epics ?? 1).map((position) => ({
      projectId,
      number: position + 1,
      title: `Epic ${position}`,
      description: "What it is about",
      position,
    })),
  });
  const epicId = epics[0]?.id ?? "";
  const run = await prisma.run.create({
    data: {
      projectId,
      epicId,
      type: "GENERATE_SUBTASKS",
      status: "SUCCEEDED",
      phase: "COMPLETED",
      mode: "STANDARD",
      existingBehavior: "SKIP",
      pacing: "NORMAL",
      totalItems: 1,
      completedItems: 1,
      startedAt: new Date(),
      completedAt: new Date(),
      request: {},
    },
  });
  const stories = await prisma.story.createManyAndReturn({
    data: numbers(counts.stories ?? 1).map((position) => ({
      projectId,
      epicId,
      number: position + 1,
      title: `Story ${position}`,
      persona: "gardener",
      narrative: "As a gardener I want to water",
      description: "More about it",
      acceptanceCriteria: ["The soil is wet", "Nothing drowns"],
      priority: "SHOULD" as const,
      effort: "L" as const,
      position,
    })),
  });
  const storyId = stories[0]?.id ?? "";
  const subtasks = await prisma.subtask.createManyAndReturn({
    data: numbers(counts.subtasks ?? 2).map((position) => ({
      projectId,
      storyId,
      runId: run.id,
      number: position + 1,
      title: `Subtask ${position}`,
      description: "What it takes",
      effort: "S" as const,
      acceptanceCriteria: ["It can be seen"],
      coversCriteria: [1],
      status: "IN_PROGRESS" as const,
      origin: "GENERATED" as const,
      position,
    })),
  });
  await prisma.subtaskDependency.createMany({
    data: subtasks.flatMap((subtask, position) =>
      subtasks
        .slice(0, position)
        .map((earlier) => ({ projectId, storyId, subtaskId: subtask.id, dependsOnId: earlier.id })),
    ),
  });
  await prisma.project.update({
    where: { id: projectId },
    data: { lastEpicNumber: epics.length, lastStoryNumber: stories.length },
  });
  await prisma.story.updateMany({ where: { id: storyId }, data: { lastSubtaskNumber: subtasks.length } });
  return { project, epics, stories, subtasks, run };
}

/** Seeds a project with two epics, two stories in the first and three subtasks in the first of those; their global ids. */
export async function backlogIds(database: Database) {
  const seeded = await seedBacklog(database, { epics: 2, stories: 2, subtasks: 3 });
  const ids = (entity: Entity, rows: readonly { id: string }[]) => rows.map((row) => encodeId(entity, row.id));
  const [epic = "", otherEpic = ""] = ids("Epic", seeded.epics);
  const [story = "", otherStory = ""] = ids("Story", seeded.stories);
  const [first = "", second = "", third = ""] = ids("Subtask", seeded.subtasks);
  return { project: encodeId("Project", seeded.project.id), epic, otherEpic, story, otherStory, first, second, third };
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
