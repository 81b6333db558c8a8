import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../src/database/database.ts";
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

describe("a project", () => {
  it("is made", async () => {
    const made = await api.mutate(
      "createProject",
      { name: "  Garden ", description: "Plants", context: null },
      "project { name description context epics { totalCount } }",
    );
    expect(made).toEqual({
      __typename: "CreateProjectPayload",
      project: { name: "Garden", description: "Plants", context: null, epics: { totalCount: 0 } },
    });
  });

  it("keeps what an update leaves out and loses what it says is null", async () => {
    const { project } = await backlogIds(database);
    expect(
      await api.mutate(
        "updateProject",
        { id: project, name: "Orchard", context: null },
        "project { id name description context }",
      ),
    ).toEqual({
      __typename: "UpdateProjectPayload",
      project: { id: project, name: "Orchard", description: "Plants and people", context: null },
    });
  });

  it("is deleted with everything in it", async () => {
    const { project, epic, story, first } = await backlogIds(database);
    expect(await api.mutate("deleteProject", { id: project }, "deletedId")).toEqual({
      __typename: "DeleteProjectPayload",
      deletedId: project,
    });
    const data = await api.data("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {
      ids: [project, epic, story, first],
    });
    expect(data).toEqual({ nodes: [null, null, null, null] });
  });
});

describe("an epic", () => {
  it("is made after the others, with the next code", async () => {
    const { project } = await backlogIds(database);
    const made = await api.mutate(
      "createEpic",
      { projectId: project, title: "Harvest" },
      "epic { code title description position project { id } stories { nodes { id } } }",
    );
    expect(made).toEqual({
      __typename: "CreateEpicPayload",
      epic: {
        code: "E3",
        title: "Harvest",
        description: null,
        position: 2,
        project: { id: project },
        stories: { nodes: [] },
      },
    });
  });

  it("keeps what an update leaves out and loses what it says is null", async () => {
    const { epic } = await backlogIds(database);
    expect(await api.mutate("updateEpic", { id: epic, description: null }, "epic { title description }")).toEqual({
      __typename: "UpdateEpicPayload",
      epic: { title: "Epic 0", description: null },
    });
  });

  it("is moved, and keeps its code", async () => {
    const { epic } = await backlogIds(database);
    expect(
      await api.mutate("moveEpic", { id: epic, position: 1 }, "epic { position project { epics { nodes { code } } } }"),
    ).toEqual({
      __typename: "MoveEpicPayload",
      epic: { position: 1, project: { epics: { nodes: [{ code: "E2" }, { code: "E1" }] } } },
    });
  });

  it("is deleted with its stories", async () => {
    const { project, epic, story } = await backlogIds(database);
    expect(await api.mutate("deleteEpic", { id: epic }, "deletedId")).toEqual({
      __typename: "DeleteEpicPayload",
      deletedId: epic,
    });
    const data = await api.data(
      "query ($project: ID!, $story: ID!) { project(id: $project) { epics { nodes { code position } } } story(id: $story) { id } }",
      { project, story },
    );
    expect(data).toEqual({ project: { epics: { nodes: [{ code: "E2", position: 0 }] } }, story: null });
  });
});

describe("a story", () => {
  const content = {
    title: "Water the beds",
    persona: "gardener",
    narrative: "As a gardener I want to water the beds",
    description: "In the evening",
    acceptanceCriteria: ["The soil is wet"],
    priority: "MUST",
    effort: "S",
  };
  const selection = "title persona narrative description acceptanceCriteria priority effort";

  it("is made after the others, with the next code", async () => {
    const { epic } = await backlogIds(database);
    const input = { ...content, epicId: epic };
    expect(await api.mutate("createStory", input, `story { code position ${selection} epic { id } }`)).toEqual({
      __typename: "CreateStoryPayload",
      story: { code: "S3", position: 2, ...content, epic: { id: epic } },
    });
  });

  it("may be no more than a title", async () => {
    const { otherEpic } = await backlogIds(database);
    expect(
      await api.mutate("createStory", { epicId: otherEpic, title: "Weed" }, `story { position ${selection} }`),
    ).toEqual({
      __typename: "CreateStoryPayload",
      story: {
        position: 0,
        title: "Weed",
        persona: null,
        narrative: null,
        description: null,
        acceptanceCriteria: [],
        priority: null,
        effort: null,
      },
    });
  });

  it("keeps what an update leaves out and loses what it says is null", async () => {
    const { story } = await backlogIds(database);
    const nothing = { persona: null, narrative: null, description: null, priority: null, effort: null };
    expect(await api.mutate("updateStory", { id: story, title: "Weed" }, `story { ${selection} }`)).toMatchObject({
      story: { title: "Weed", persona: "gardener", priority: "SHOULD", effort: "L" },
    });
    expect(
      await api.mutate("updateStory", { id: story, ...nothing, acceptanceCriteria: null }, `story { ${selection} }`),
    ).toEqual({
      __typename: "UpdateStoryPayload",
      story: { title: "Weed", ...nothing, acceptanceCriteria: [] },
    });
  });

  it("is moved within its epic and to another", async () => {
    const { story, epic, otherEpic } = await backlogIds(database);
    const where = "story { code position epic { id stories { nodes { code } } } }";
    expect(await api.mutate("moveStory", { id: story, epicId: null, position: 1 }, where)).toEqual({
      __typename: "MoveStoryPayload",
      story: { code: "S1", position: 1, epic: { id: epic, stories: { nodes: [{ code: "S2" }, { code: "S1" }] } } },
    });
    expect(await api.mutate("moveStory", { id: story, epicId: otherEpic, position: 0 }, where)).toEqual({
      __typename: "MoveStoryPayload",
      story: { code: "S1", position: 0, epic: { id: otherEpic, stories: { nodes: [{ code: "S1" }] } } },
    });
  });

  it("is deleted with its subtasks", async () => {
    const { story, first } = await backlogIds(database);
    expect(await api.mutate("deleteStory", { id: story }, "deletedId")).toEqual({
      __typename: "DeleteStoryPayload",
      deletedId: story,
    });
    const data = await api.data("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids: [story, first] });
    expect(data).toEqual({ nodes: [null, null] });
  });
});

describe("a subtask", () => {
  const selection = "title description effort acceptanceCriteria coversCriteria status dependsOn { code }";

  it("is made by hand after the others, with the next code", async () => {
    const { story, first, third } = await backlogIds(database);
    const content = {
      title: "Fill the can",
      description: "From the barrel",
      effort: "XS",
      acceptanceCriteria: ["It is full"],
      coversCriteria: [1],
    };
    expect(
      await api.mutate(
        "createSubtask",
        { ...content, storyId: story, dependsOn: [third, first] },
        `subtask { code position origin run { id } ${selection} story { id } }`,
      ),
    ).toEqual({
      __typename: "CreateSubtaskPayload",
      subtask: {
        code: "ST4",
        position: 3,
        origin: "MANUAL",
        run: null,
        ...content,
        status: "TODO",
        dependsOn: [{ code: "ST1" }, { code: "ST3" }],
        story: { id: story },
      },
    });
  });

  it("may be no more than a title", async () => {
    const { otherStory } = await backlogIds(database);
    expect(
      await api.mutate("createSubtask", { storyId: otherStory, title: "Weed" }, `subtask { code ${selection} }`),
    ).toEqual({
      __typename: "CreateSubtaskPayload",
      subtask: {
        code: "ST1",
        title: "Weed",
        description: "",
        effort: "M",
        acceptanceCriteria: [],
        coversCriteria: [],
        status: "TODO",
        dependsOn: [],
      },
    });
  });

  it("keeps what an update leaves out and loses what it says is null", async () => {
    const { third } = await backlogIds(database);
    expect(await api.mutate("updateSubtask", { id: third, status: "DONE" }, `subtask { ${selection} }`)).toEqual({
      __typename: "UpdateSubtaskPayload",
      subtask: {
        title: "Subtask 2",
        description: "What it takes",
        effort: "S",
        acceptanceCriteria: ["It can be seen"],
        coversCriteria: [1],
        status: "DONE",
        dependsOn: [{ code: "ST1" }, { code: "ST2" }],
      },
    });
    const nothing = { description: null, acceptanceCriteria: null, coversCriteria: null, dependsOn: null };
    expect(await api.mutate("updateSubtask", { id: third, ...nothing }, `subtask { ${selection} }`)).toMatchObject({
      subtask: { description: "", acceptanceCriteria: [], coversCriteria: [], dependsOn: [] },
    });
  });

  it("is moved within its story and to another, where it gets a new code", async () => {
    const { third, story, otherStory } = await backlogIds(database);
    const where = "subtask { code position story { id subtasks { nodes { code } } } }";
    expect(await api.mutate("moveSubtask", { id: third, position: 0 }, where)).toEqual({
      __typename: "MoveSubtaskPayload",
      subtask: {
        code: "ST3",
        position: 0,
        story: { id: story, subtasks: { nodes: [{ code: "ST3" }, { code: "ST1" }, { code: "ST2" }] } },
      },
    });
    expect(await api.mutate("moveSubtask", { id: third, storyId: otherStory, position: 0 }, where)).toEqual({
      __typename: "MoveSubtaskPayload",
      subtask: { code: "ST1", position: 0, story: { id: otherStory, subtasks: { nodes: [{ code: "ST1" }] } } },
    });
  });

  it("is deleted", async () => {
    const { story, first } = await backlogIds(database);
    expect(await api.mutate("deleteSubtask", { id: first }, "deletedId")).toEqual({
      __typename: "DeleteSubtaskPayload",
      deletedId: first,
    });
    const data = await api.data(
      "query ($id: ID!) { story(id: $id) { subtasks { nodes { code dependsOn { code } } } } }",
      { id: story },
    );
    expect(data).toEqual({
      story: {
        subtasks: {
          nodes: [
            { code: "ST2", dependsOn: [] },
            { code: "ST3", dependsOn: [{ code: "ST2" }] },
          ],
        },
      },
    });
  });
});

describe("an import", () => {
  const selection =
    "epics { title stories { nodes { code title } } } stories { code persona } warnings { line message }";

  it("makes an epic for its stories where none is given", async () => {
    const { project } = await backlogIds(database);
    const content = "As a cook, I want fresh herbs so that dinner tastes\nCompost\n";
    const imported = await api.mutate(
      "importBacklog",
      { projectId: project, epicTitle: "Kitchen", format: "TEXT", content },
      selection,
    );
    expect(imported).toEqual({
      __typename: "ImportBacklogPayload",
      epics: [
        {
          title: "Kitchen",
          stories: {
            nodes: [
              { code: "S3", title: "Fresh herbs" },
              { code: "S4", title: "Compost" },
            ],
          },
        },
      ],
      stories: [
        { code: "S3", persona: "cook" },
        { code: "S4", persona: null },
      ],
      warnings: [{ line: 2, message: expect.stringContaining("title") }],
    });
  });

  it("adds its stories to an epic that is given", async () => {
    const { project, otherEpic } = await backlogIds(database);
    expect(
      await api.mutate(
        "importBacklog",
        { projectId: project, epicId: otherEpic, format: "TEXT", content: "Compost" },
        selection,
      ),
    ).toMatchObject({ epics: [{ title: "Epic 1", stories: { nodes: [{ code: "S3", title: "Compost" }] } }] });
  });

  it("of nothing is invalid", async () => {
    const { project } = await backlogIds(database);
    expect(await api.mutate("importBacklog", { projectId: project, format: "TEXT", content: " \n" })).toMatchObject({
      __typename: "InvalidInputError",
      issues: [{ path: ["content"] }],
    });
  });
});

it("shows what later mutations of one operation have changed", async () => {
  const { story } = await backlogIds(database);
  const data = await api.data(
    `mutation ($story: ID!) {
      one: createSubtask(input: { storyId: $story, title: "A" }) { ... on CreateSubtaskPayload { subtask { story { subtasks { totalCount } } } } }
      two: createSubtask(input: { storyId: $story, title: "B" }) { ... on CreateSubtaskPayload { subtask { story { subtasks { totalCount } } } } }
    }`,
    { story },
  );
  const after = (totalCount: number) => ({ subtask: { story: { subtasks: { totalCount } } } });
  expect(data).toEqual({ one: after(4), two: after(5) });
});
