import type { Database } from "../../src/database/database.ts";

/** Ids of rows, as the database has them. */
export interface Seeded {
  readonly epicId: string;
  readonly runId: string;
}

/** Writes a project with one epic of so many stories, each with so many subtasks, and a run that has made them. */
export async function seedBacklog(
  { prisma }: Database,
  counts: { readonly stories: number; readonly subtasks: number },
): Promise<Seeded> {
  const { id: projectId } = await prisma.project.create({
    data: { name: "Bench", context: "A web shop; done is tested.", lastEpicNumber: 1, lastStoryNumber: counts.stories },
  });
  const { id: epicId } = await prisma.epic.create({ data: { projectId, number: 1, title: "Checkout", position: 0 } });
  const stories = await prisma.story.createManyAndReturn({
    data: numbers(counts.stories).map((position) => ({
      projectId,
      epicId,
      number: position + 1,
      title: `Pay order ${position + 1} with a card that was saved before`,
      persona: "shopper",
      narrative: `As a shopper, I want to pay order ${position + 1} with a saved card, so that I need not type it again.`,
      description: "Cards are kept by the payment provider; the shop knows only the last four digits and the month.",
      acceptanceCriteria: ["A saved card can be chosen.", "An expired card is shown as such.", "No number is stored."],
      priority: "SHOULD" as const,
      effort: "L" as const,
      position,
      lastSubtaskNumber: counts.subtasks,
    })),
  });
  const { id: runId } = await prisma.run.create({
    data: {
      projectId,
      epicId,
      type: "GENERATE_SUBTASKS",
      status: "SUCCEEDED",
      phase: "COMPLETED",
      mode: "STANDARD",
      existingBehavior: "SKIP",
      pacing: "ADAPTIVE",
      totalItems: stories.length,
      completedItems: stories.length,
      createdCount: stories.length * counts.subtasks,
      startedAt: new Date(),
      completedAt: new Date(),
      request: {},
    },
  });
  await prisma.runItem.createMany({
    data: stories.map(({ id, number, title, position }) => ({
      projectId,
      runId,
      storyId: id,
      code: `S${number}`,
      title,
      status: "COMPLETED" as const,
      position,
      attempts: 1,
      createdCount: counts.subtasks,
      durationMs: 4_000 + position,
      startedAt: new Date(),
      completedAt: new Date(),
    })),
  });
  await prisma.subtask.createMany({
    data: stories.flatMap(({ id }) =>
      numbers(counts.subtasks).map((position) => ({
        projectId,
        storyId: id,
        runId,
        number: position + 1,
        title: `Step ${position + 1} of paying with a card`,
        description: "Read the shopper's cards from the provider, newest first.",
        effort: "S" as const,
        acceptanceCriteria: ["The list is empty for a guest."],
        coversCriteria: [0],
        origin: "GENERATED" as const,
        position,
      })),
    ),
  });
  return { epicId, runId };
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
