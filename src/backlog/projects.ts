import { z } from "zod";
import type { Database } from "../database/database.ts";
import type { Project } from "../database/generated/prisma/client.ts";
import { NotFoundError } from "../errors.ts";
import type { SettleRuns } from "./deletion.ts";
import { lockProjectToDelete } from "./locks.ts";
import { LIMITS, optionalText, parseInput, requiredText, unclearable } from "./texts.ts";

const name = requiredText("The name", LIMITS.title);
const texts = {
  description: optionalText("The description", LIMITS.text),
  context: optionalText("The context", LIMITS.text),
};
const createProjectInput = z.object({ name, ...texts });
const updateProjectInput = z.object({ id: z.string(), name: unclearable("The name", name), ...texts });

export type CreateProjectInput = z.input<typeof createProjectInput>;
export type UpdateProjectInput = z.input<typeof updateProjectInput>;

/** Makes an empty project. @throws InvalidInputError */
export async function createProject(database: Database, input: CreateProjectInput): Promise<Project> {
  return database.prisma.project.create({ data: parseInput(createProjectInput, input) });
}

/** Changes the fields that are given; null clears one, and none given is no edit. @throws NotFoundError, InvalidInputError */
export async function updateProject(database: Database, input: UpdateProjectInput): Promise<Project> {
  const { id, ...changes } = parseInput(updateProjectInput, input);
  const [project] = await database.prisma.project.updateManyAndReturn({ where: { id }, data: changes });
  if (project === undefined) throw new NotFoundError("Project", id);
  return project;
}

/** Deletes a project with everything in it, its runs too. @throws NotFoundError */
export async function deleteProject(
  database: Database,
  { id }: { readonly id: string },
  settleRuns: SettleRuns,
): Promise<Project> {
  const { project, afterCommit } = await database.transaction(async (tx) => {
    if ((await tx.project.findUnique({ where: { id }, select: { id: true } })) === null)
      throw new NotFoundError("Project", id);
    const afterCommit = await settleRuns(tx, { kind: "Project", id, projectId: id });
    await lockProjectToDelete(tx, id);
    return { project: await tx.project.delete({ where: { id } }), afterCommit };
  });
  afterCommit();
  return project;
}
