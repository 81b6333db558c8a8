import { randomUUIDv7 } from "node:crypto";
import { z } from "zod";
import type { Database, Transaction } from "../database/database.ts";
import type { Epic, Story } from "../database/generated/prisma/client.ts";
import { NotFoundError } from "../errors.ts";
import { takeNumbers } from "./codes.ts";
import { readLines, type ImportWarning } from "./imported-lines.ts";
import { insertRows } from "./insert-rows.ts";
import { lockEpics, lockProject } from "./locks.ts";
import { endPosition } from "./positions.ts";
import { LIMITS, optionalText, parseInput } from "./texts.ts";

const DEFAULT_EPIC_TITLE = "Imported stories";

const importBacklogInput = z.object({
  projectId: z.string(),
  epicId: z.string().nullish(),
  epicTitle: optionalText("The epic's title", LIMITS.title),
  format: z.literal("TEXT"),
  content: z.string(),
});

export type ImportBacklogInput = z.input<typeof importBacklogInput>;

export interface ImportedBacklog {
  /** The epic that the stories went to, made or not. */
  readonly epics: readonly Epic[];
  /** In the order of their lines. */
  readonly stories: readonly Story[];
  readonly warnings: readonly ImportWarning[];
}

/**
 * Adds one story for each line of text to the end of an epic, all or nothing. Where `epicId` is null the epic is made,
 * last in the project, called `epicTitle` or "Imported stories"; else `epicTitle` is not used.
 * @throws NotFoundError where the project is gone or the epic is none of it
 * @throws InvalidInputError
 */
export async function importBacklog(database: Database, input: ImportBacklogInput): Promise<ImportedBacklog> {
  const { projectId, epicId, epicTitle, content } = parseInput(importBacklogInput, input);
  const { stories, warnings } = readLines(content);
  return database.transaction(async (tx) => {
    const epic = epicId ? await existingEpic(tx, projectId, epicId) : await makeEpic(tx, projectId, epicTitle);
    const firstNumber = await takeNumbers(tx, "S", projectId, stories.length);
    const firstPosition = await endPosition(tx, "Story", epic.id);
    const now = new Date();
    const rows = stories.map(({ title, persona, narrative }, index): Story => ({
      id: randomUUIDv7(),
      projectId,
      epicId: epic.id,
      number: firstNumber + index,
      title,
      persona,
      narrative,
      description: null,
      acceptanceCriteria: [],
      priority: null,
      effort: null,
      position: firstPosition + index,
      origin: "MANUAL",
      runId: null,
      editedAt: null,
      lastSubtaskNumber: 0,
      createdAt: now,
      updatedAt: now,
    }));
    await insertRows(tx, "Story", rows);
    return { epics: [epic], stories: rows, warnings };
  });
}

async function existingEpic(tx: Transaction, projectId: string, epicId: string): Promise<Epic> {
  await lockProject(tx, projectId);
  await lockEpics(tx, projectId, [epicId]);
  const epic = await tx.epic.findUnique({ where: { id: epicId } });
  if (epic === null) throw new NotFoundError("Epic", epicId);
  return epic;
}

async function makeEpic(tx: Transaction, projectId: string, title: string | null | undefined): Promise<Epic> {
  const number = await takeNumbers(tx, "E", projectId, 1);
  const position = await endPosition(tx, "Epic", projectId);
  return tx.epic.create({ data: { projectId, number, title: title ?? DEFAULT_EPIC_TITLE, position } });
}
