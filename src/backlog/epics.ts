import { z } from "zod";
import type { Database } from "../database/database.ts";
import type { Epic } from "../database/generated/prisma/client.ts";
import { NotFoundError } from "../errors.ts";
import { takeNumbers } from "./codes.ts";
import type { SettleRuns } from "./deletion.ts";
import { lockEpicToDelete, lockProject } from "./locks.ts";
import { closeGap, endPosition, movePosition } from "./positions.ts";
import { LIMITS, optionalText, parseInput, position, requiredText, unclearable } from "./texts.ts";

const title = requiredText("The title", LIMITS.title);
const description = optionalText("The description", LIMITS.text);
const createEpicInput = z.object({ projectId: z.string(), title, description });
const updateEpicInput = z.object({ id: z.string(), title: unclearable("The title", title), description });
const moveEpicInput = z.object({ id: z.string(), position });

export type CreateEpicInput = z.input<typeof createEpicInput>;
export type UpdateEpicInput = z.input<typeof updateEpicInput>;
export type MoveEpicInput = z.input<typeof moveEpicInput>;

/** Makes an epic after the others of its project. @throws NotFoundError, InvalidInputError */
export async function createEpic(database: Database, input: CreateEpicInput): Promise<Epic> {
  const epic = parseInput(createEpicInput, input);
  return database.transaction(async (tx) => {
    const number = await takeNumbers(tx, "E", epic.projectId, 1);
    const position = await endPosition(tx, "Epic", epic.projectId);
    return tx.epic.create({ data: { ...epic, number, position } });
  });
}

/** Changes the fields that are given; null clears one, and none given is no edit. @throws NotFoundError, InvalidInputError */
export async function updateEpic(database: Database, input: UpdateEpicInput): Promise<Epic> {
  const { id, ...changes } = parseInput(updateEpicInput, input);
  const [epic] = await database.prisma.epic.updateManyAndReturn({ where: { id }, data: changes });
  if (epic === undefined) throw new NotFoundError("Epic", id);
  return epic;
}

/** Puts an epic at a position among those of its project; a position past the end is the end. @throws NotFoundError, InvalidInputError */
export async function moveEpic(database: Database, input: MoveEpicInput): Promise<Epic> {
  const { id, position } = parseInput(moveEpicInput, input);
  return database.transaction(async (tx) => {
    const { projectId } = await find(tx.epic.findUnique({ where: { id } }), id);
    await lockProject(tx, projectId);
    const epic = await find(tx.epic.findUnique({ where: { id } }), id);
    const to = Math.min(position, (await endPosition(tx, "Epic", projectId)) - 1);
    await movePosition(tx, "Epic", { id, parentId: projectId, from: epic.position, to });
    return { ...epic, position: to };
  });
}

/** Deletes an epic with its stories; the runs that were at them go on without. @throws NotFoundError */
export async function deleteEpic(
  database: Database,
  { id }: { readonly id: string },
  settleRuns: SettleRuns,
): Promise<Epic> {
  const { epic, afterCommit } = await database.transaction(async (tx) => {
    const { projectId } = await find(tx.epic.findUnique({ where: { id } }), id);
    const afterCommit = await settleRuns(tx, { kind: "Epic", id, projectId });
    await lockProject(tx, projectId);
    await lockEpicToDelete(tx, id);
    const epic = await tx.epic.delete({ where: { id } });
    await closeGap(tx, "Epic", projectId, epic.position);
    return { epic, afterCommit };
  });
  afterCommit();
  return epic;
}

async function find(found: PromiseLike<Epic | null>, id: string): Promise<Epic> {
  const epic = await found;
  if (epic === null) throw new NotFoundError("Epic", id);
  return epic;
}
