import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../src/database/database.ts";
import type { Entity } from "../../src/errors.ts";
import { encodeId } from "../../src/schema/ids.ts";
import { backlogIds } from "../support/backlog.ts";
import { createTestDatabase } from "../support/database.ts";
import { type BacklogApi, createBacklogApi } from "../support/graphql.ts";

let database: Database;
let api: BacklogApi;

beforeAll(async () => {
  database = await createTestDatabase();
  api = createBacklogApi(database);
});
afterAll(() => database.close());

describe("an input that breaks a rule", () => {
  const long = "x".repeat(201);

  it.each([
    ["createProject", { name: " " }, ["name"]],
    ["createProject", { name: long }, ["name"]],
    ["createProject", { name: "a\0b" }, ["name"]],
    ["createProject", { name: "G", context: "\ud800" }, ["context"]],
  ])("is answered by %s with what is wrong and where: %o", async (name, input, path) => {
    expect(await api.mutate(name, input)).toEqual({
      __typename: "InvalidInputError",
      message: expect.any(String),
      issues: [{ path, message: expect.any(String) }],
    });
  });

  it("is told whole, with one issue for each fault", async () => {
    const { epic, story, first, second, third } = await backlogIds(database);
    const cases: [string, Record<string, unknown>, string[][]][] = [
      ["createStory", { epicId: epic, title: "", narrative: "x".repeat(5001) }, [["title"], ["narrative"]]],
      ["createStory", { epicId: epic, title: "T", acceptanceCriteria: ["a", " "] }, [["acceptanceCriteria", "1"]]],
      ["updateProject", { id: (await backlogIds(database)).project, name: null }, [["name"]]],
      ["updateEpic", { id: epic, title: null }, [["title"]]],
      ["updateStory", { id: story, title: null }, [["title"]]],
      ["updateSubtask", { id: first, effort: null, status: null }, [["effort"], ["status"]]],
      ["createSubtask", { storyId: story, title: "T", coversCriteria: [0, 2] }, [["coversCriteria", "1"]]],
      [
        "updateSubtask",
        { id: first, dependsOn: [second, third] },
        [
          ["dependsOn", "0"],
          ["dependsOn", "1"],
        ],
      ],
      ["moveEpic", { id: epic, position: -1 }, [["position"]]],
      ["moveStory", { id: story, position: -1 }, [["position"]]],
      ["moveSubtask", { id: first, position: -1 }, [["position"]]],
      ["createEpic", { projectId: (await backlogIds(database)).project, title: long }, [["title"]]],
    ];
    for (const [name, input, paths] of cases)
      expect(await api.mutate(name, input), name).toEqual({
        __typename: "InvalidInputError",
        message: expect.any(String),
        issues: paths.map((path) => ({ path, message: expect.any(String) })),
      });
  });
});

describe("an id in an input", () => {
  const uuid = "0193a0b0-7c00-7000-8000-000000000000";
  const wanted: [string, string, Entity, Record<string, unknown>][] = [
    ["updateProject", "id", "Project", {}],
    ["deleteProject", "id", "Project", {}],
    ["createEpic", "projectId", "Project", { title: "T" }],
    ["updateEpic", "id", "Epic", {}],
    ["deleteEpic", "id", "Epic", {}],
    ["moveEpic", "id", "Epic", { position: 0 }],
    ["createStory", "epicId", "Epic", { title: "T" }],
    ["updateStory", "id", "Story", {}],
    ["deleteStory", "id", "Story", {}],
    ["moveStory", "id", "Story", { position: 0 }],
    ["createSubtask", "storyId", "Story", { title: "T" }],
    ["updateSubtask", "id", "Subtask", {}],
    ["deleteSubtask", "id", "Subtask", {}],
    ["moveSubtask", "id", "Subtask", { position: 0 }],
    ["importBacklog", "projectId", "Project", { format: "TEXT", content: "Compost" }],
  ];

  it.each(wanted)(
    "that names nothing is answered by %s with the id as it was sent",
    async (name, field, entity, rest) => {
      for (const id of [encodeId(entity, uuid), encodeId("Run", uuid), uuid, "x", ""])
        expect(await api.mutate(name, { ...rest, [field]: id }), `${name} of ${id}`).toEqual({
          __typename: "NotFoundError",
          message: expect.stringContaining("There is no"),
          id,
        });
    },
  );

  it("that names what is elsewhere is not said to name nothing", async () => {
    const { project, story, first } = await backlogIds(database);
    const foreign = await backlogIds(database);
    const cases: [string, Record<string, unknown>, string][] = [
      ["moveStory", { id: story, epicId: foreign.epic, position: 0 }, "no epic with this id in this project"],
      ["moveSubtask", { id: first, storyId: foreign.story, position: 0 }, "no story with this id in this project"],
      [
        "importBacklog",
        { projectId: project, epicId: foreign.epic, format: "TEXT", content: "Compost" },
        "no epic with this id in this project",
      ],
    ];
    for (const [name, input, words] of cases)
      expect(await api.mutate(name, input), name).toMatchObject({ message: expect.stringContaining(words) });
  });

  it("beside or in a list is looked for too", async () => {
    const { project, epic, story, first, second } = await backlogIds(database);
    const foreign = await backlogIds(database);
    const unknown = encodeId("Subtask", uuid);
    const cases: [string, Record<string, unknown>, string][] = [
      ["moveStory", { id: story, epicId: "x", position: 0 }, "x"],
      ["moveStory", { id: story, epicId: foreign.epic, position: 0 }, foreign.epic],
      ["moveSubtask", { id: first, storyId: epic, position: 0 }, epic],
      ["moveSubtask", { id: first, storyId: foreign.story, position: 0 }, foreign.story],
      ["createSubtask", { storyId: story, title: "T", dependsOn: [first, "x"] }, "x"],
      ["createSubtask", { storyId: story, title: "T", dependsOn: [first, unknown] }, unknown],
      ["updateSubtask", { id: second, dependsOn: [first, story] }, story],
      ["importBacklog", { projectId: project, epicId: foreign.epic, format: "TEXT", content: "Compost" }, foreign.epic],
      ["importBacklog", { projectId: project, epicId: "", format: "TEXT", content: "Compost" }, ""],
    ];
    for (const [name, input, id] of cases)
      expect(await api.mutate(name, input), name).toMatchObject({ __typename: "NotFoundError", id });
  });
});

it("leaves an error that a mutation does not list to the server", async () => {
  const { project } = await backlogIds(database);
  const operation = `mutation { deleteProject(input: { id: "${project}" }) { __typename } }`;
  await database.prisma.$executeRaw`ALTER TABLE "Project" RENAME TO "Hidden"`;
  try {
    const { data, errors } = await api.execute(operation);
    expect(data).toBeNull();
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.originalError?.name).toBe("PrismaClientKnownRequestError");
  } finally {
    await database.prisma.$executeRaw`ALTER TABLE "Hidden" RENAME TO "Project"`;
  }
});
