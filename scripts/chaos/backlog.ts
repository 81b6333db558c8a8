import { CreateEpic, CreateProject, ImportBacklog } from "../../tests/support/operations.ts";
import type { Api } from "./api.ts";
import { rowId } from "./ids.ts";
import type { OpenLedger } from "./ledger.ts";
import type { Random } from "./random.ts";

/** A project as its people know it. Ids are global ones, but for `row`. */
export interface Project {
  readonly id: string;
  readonly row: string;
  /** Its stories were written by hand. */
  readonly epicId: string;
  /** Stories of that epic that nobody has deleted. */
  readonly storyIds: string[];
  /** Runs write the stories of these. */
  readonly fillEpicIds: readonly string[];
  /** Generated subtasks that somebody was shown lately. */
  readonly subtaskIds: string[];
  /** Runs that have ended otherwise than in full. */
  readonly unfinished: string[];
}

const WISHES = ["search by author", "pay with a voucher", "see what is in stock", "return a book", "rate a seller"];

interface Parts {
  readonly api: Api;
  readonly ledger: OpenLedger;
  readonly random: Random;
}

export async function makeProject(parts: Parts, name: string): Promise<Project> {
  const { api, random } = parts;
  const { createProject: made } = (await api.ask(CreateProject, { input: { name } })).data;
  if (made.__typename !== "CreateProjectPayload") throw new Error(`The project was not made: ${made.__typename}`);
  const id = made.project.id;
  const { epicId, storyIds } = await importStories(parts, { projectId: id, epicId: null, count: random.whole(6, 9) });
  const fillEpicIds = [await makeEpic(api, id, "Search"), await makeEpic(api, id, "Returns")];
  return { id, row: rowId(id), epicId, storyIds, fillEpicIds, subtaskIds: [], unfinished: [] };
}

/** Adds stories; where an answer is lost, they may be there twice. */
export async function importStories(
  { api, ledger, random }: Parts,
  { projectId, epicId, count }: { readonly projectId: string; readonly epicId: string | null; readonly count: number },
): Promise<{ epicId: string; storyIds: string[] }> {
  const lines = Array.from({ length: count }, () => {
    const wish = `${random.pick(WISHES)} ${random.whole(1, 9_999)}`;
    return `As a reader, I want to ${wish}, so that I find what I need`;
  });
  const { importBacklog: imported } = (
    await api.ask(ImportBacklog, {
      input: { projectId, epicId, epicTitle: "Shop", format: "TEXT", content: lines.join("\n") },
    })
  ).data;
  if (imported.__typename !== "ImportBacklogPayload") throw new Error(`Nothing was imported: ${imported.message}`);
  for (const { id } of imported.stories) ledger.writtenStories.set(rowId(id), rowId(projectId));
  return { epicId: imported.epics[0]?.id ?? "", storyIds: imported.stories.map((story) => story.id) };
}

async function makeEpic(api: Api, projectId: string, title: string): Promise<string> {
  const { createEpic: made } = (await api.ask(CreateEpic, { input: { projectId, title } })).data;
  if (made.__typename !== "CreateEpicPayload") throw new Error(`The epic was not made: ${made.__typename}`);
  return made.epic.id;
}
