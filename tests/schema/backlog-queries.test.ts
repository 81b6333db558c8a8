import { getNamedType, type GraphQLField, GraphQLObjectType, isLeafType, isRequiredArgument } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../src/database/database.ts";
import { encodeId } from "../../src/schema/ids.ts";
import { seedBacklog, type Seeded } from "../support/backlog.ts";
import { createTestDatabase } from "../support/database.ts";
import { type BacklogApi, createBacklogApi } from "../support/graphql.ts";

let database: Database;
let api: BacklogApi;
let seeded: Seeded;
let ids: Record<"Project" | "Epic" | "Story" | "Subtask" | "Run", string>;

beforeAll(async () => {
  database = await createTestDatabase();
  api = createBacklogApi(database);
  seeded = await seedBacklog(database, { epics: 3, stories: 4, subtasks: 3 });
  ids = {
    Project: encodeId("Project", seeded.project.id),
    Epic: encodeId("Epic", seeded.epics[0]?.id ?? ""),
    Story: encodeId("Story", seeded.stories[0]?.id ?? ""),
    Subtask: encodeId("Subtask", seeded.subtasks[2]?.id ?? ""),
    Run: encodeId("Run", seeded.run.id),
  };
});
afterAll(() => database.close());

const WHOLE_BACKLOG = /* GraphQL */ `
  query ($id: ID!) {
    project(id: $id) {
      id
      name
      description
      context
      createdAt
      updatedAt
      epics(first: 1) {
        nodes {
          id
          code
          title
          description
          position
          createdAt
          updatedAt
          project {
            id
          }
          stories(first: 1) {
            nodes {
              id
              code
              title
              persona
              narrative
              description
              acceptanceCriteria
              priority
              effort
              position
              createdAt
              updatedAt
              epic {
                code
              }
              subtasks(last: 1) {
                nodes {
                  id
                  code
                  title
                  description
                  effort
                  acceptanceCriteria
                  dependsOn {
                    code
                    title
                  }
                  coversCriteria
                  status
                  origin
                  position
                  createdAt
                  updatedAt
                  story {
                    code
                  }
                  run {
                    id
                  }
                }
              }
            }
          }
        }
      }
    }
  }
`;

describe("the backlog", () => {
  it("shows every column as the database holds it", async () => {
    const { project, epics, stories, subtasks } = seeded;
    const times = (row: { createdAt: Date; updatedAt: Date } | undefined) => ({
      createdAt: row?.createdAt.toISOString(),
      updatedAt: row?.updatedAt.toISOString(),
    });
    // As it is after the seeding, which touched these two once more.
    const projectNow = await database.prisma.project.findUniqueOrThrow({ where: { id: project.id } });
    const storyNow = await database.prisma.story.findUniqueOrThrow({ where: { id: stories[0]?.id ?? "" } });
    expect(await api.data(WHOLE_BACKLOG, { id: ids.Project })).toEqual({
      project: {
        id: ids.Project,
        name: "Garden",
        description: "Plants and people",
        context: "TypeScript; done is tested",
        ...times(projectNow),
        epics: {
          nodes: [
            {
              id: ids.Epic,
              code: "E1",
              title: "Epic 0",
              description: "What it is about",
              position: 0,
              ...times(epics[0]),
              project: { id: ids.Project },
              stories: {
                nodes: [
                  {
                    id: ids.Story,
                    code: "S1",
                    title: "Story 0",
                    persona: "gardener",
                    narrative: "As a gardener I want to water",
                    description: "More about it",
                    acceptanceCriteria: ["The soil is wet", "Nothing drowns"],
                    priority: "SHOULD",
                    effort: "L",
                    position: 0,
                    ...times(storyNow),
                    epic: { code: "E1" },
                    subtasks: {
                      nodes: [
                        {
                          id: ids.Subtask,
                          code: "ST3",
                          title: "Subtask 2",
                          description: "What it takes",
                          effort: "S",
                          acceptanceCriteria: ["It can be seen"],
                          dependsOn: [
                            { code: "ST1", title: "Subtask 0" },
                            { code: "ST2", title: "Subtask 1" },
                          ],
                          coversCriteria: [1],
                          status: "IN_PROGRESS",
                          origin: "GENERATED",
                          position: 2,
                          ...times(subtasks[2]),
                          story: { code: "S1" },
                          run: { id: ids.Run },
                        },
                      ],
                    },
                  },
                ],
              },
            },
          ],
        },
      },
    });
  });

  it.each(["Project", "Epic", "Story", "Subtask"] as const)(
    "gives each field of a %s alone as it gives it with all others, however it is reached",
    async (name) => {
      const fields = fieldsOf(name);
      const reached: Record<string, (selection: string) => string> = {
        "by node": (selection) => `{ at: node(id: "${ids[name]}") { ... on ${name} { ${selection} } } }`,
        "in a list of nodes": (selection) => WAYS[name].replace("?", `nodes { ${selection} }`),
        "in a list of edges": (selection) => WAYS[name].replace("?", `edges { node { ${selection} } }`),
        "from what belongs to it": (selection) => FROM_BELOW[name].replace("?", selection),
      };
      for (const [way, operation] of Object.entries(reached)) {
        const all = await api.data(operation(fields.map(select).join(" ")), { id: ids[name] });
        for (const field of fields) {
          const alone = find(await api.data(operation(select(field)), { id: ids[name] }), field);
          expect(alone ?? null, `${field.name} ${way}`).not.toBeNull();
          expect(alone, `${field.name} ${way}`).toEqual(find(all, field));
        }
      }
    },
  );

  it("is read with one statement a level, however many rows there are", async () => {
    const nested = `query ($id: ID!) {
      epic(id: $id) { title stories { nodes { code title subtasks { nodes { code title effort } } } } }
    }`;
    expect(await api.statements(nested, { id: ids.Epic })).toBe(3);
    const parents = `query ($id: ID!) {
      epic(id: $id) { stories { totalCount nodes { epic { code project { name } } subtasks { nodes { dependsOn { code } run { id } } } } } }
    }`;
    // The epic; its stories and their count; their epics and subtasks; the project, what comes first and the run.
    expect(await api.statements(parents, { id: ids.Epic })).toBe(8);
  });

  it("lists projects in the order in which they were made", async () => {
    const later = await database.prisma.project.create({ data: { name: "Later" } });
    const { projects } = await api.data("{ projects(last: 1) { nodes { name } } }");
    expect(projects).toEqual({ nodes: [{ name: "Later" }] });
    await database.prisma.project.delete({ where: { id: later.id } });
  });

  it("shows absent texts, priority, effort and run as null", async () => {
    const project = await database.prisma.project.create({ data: { name: "Bare" } });
    const projectId = project.id;
    const epic = await database.prisma.epic.create({ data: { projectId, number: 1, title: "E", position: 0 } });
    const story = await database.prisma.story.create({
      data: { projectId, epicId: epic.id, number: 1, title: "S", position: 0, acceptanceCriteria: [] },
    });
    await database.prisma.subtask.create({
      data: {
        projectId,
        storyId: story.id,
        number: 1,
        title: "T",
        description: "",
        acceptanceCriteria: [],
        coversCriteria: [],
        effort: "M",
        origin: "MANUAL",
        position: 0,
      },
    });
    const data = await api.data(
      `query ($id: ID!) { project(id: $id) { description context epics { nodes { description stories { nodes {
        persona narrative description priority effort acceptanceCriteria
        subtasks { nodes { description acceptanceCriteria coversCriteria dependsOn { id } run { id } } }
      } } } } } }`,
      { id: encodeId("Project", projectId) },
    );
    expect(data).toEqual({
      project: {
        description: null,
        context: null,
        epics: {
          nodes: [
            {
              description: null,
              stories: {
                nodes: [
                  {
                    persona: null,
                    narrative: null,
                    description: null,
                    priority: null,
                    effort: null,
                    acceptanceCriteria: [],
                    subtasks: {
                      nodes: [
                        { description: "", acceptanceCriteria: [], coversCriteria: [], dependsOn: [], run: null },
                      ],
                    },
                  },
                ],
              },
            },
          ],
        },
      },
    });
    await database.prisma.project.delete({ where: { id: projectId } });
  });
});

describe("an id", () => {
  const uuid = "0193a0b0-7c00-7000-8000-000000000000";
  const nothing: [string, string][] = [
    ["malformed", "x"],
    ["empty", ""],
    ["a bare UUID", uuid],
    ["a broken character", "\ud800\0"],
    ["of no type of ours", Buffer.from(`Planet:${uuid}`).toString("base64url")],
    ["with no UUID in it", Buffer.from("Epic:1").toString("base64url")],
    ["with an upper-case UUID", Buffer.from(`Epic:${uuid.toUpperCase()}`).toString("base64url")],
    ["of a row that is not there", encodeId("Epic", uuid)],
  ];

  it.each(nothing)("that is %s finds nothing, which is null", async (_what, id) => {
    const data = await api.data(
      "query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } project(id: $id) { id } epic(id: $id) { id } story(id: $id) { id } }",
      { id },
    );
    expect(data).toEqual({ node: null, nodes: [null], project: null, epic: null, story: null });
  });

  it("of another type finds nothing", async () => {
    const data = await api.data(
      "query ($project: ID!, $epic: ID!) { project(id: $epic) { id } epic(id: $project) { id } story(id: $epic) { id } }",
      { project: ids.Project, epic: ids.Epic },
    );
    expect(data).toEqual({ project: null, epic: null, story: null });
  });

  it("finds each thing by `node`, with its type", async () => {
    for (const [type, id] of Object.entries(ids))
      expect(await api.data("query ($id: ID!) { node(id: $id) { __typename id } }", { id })).toEqual({
        node: { __typename: type, id },
      });
  });

  it("finds a run's item by `node`", async () => {
    const item = await database.prisma.runItem.create({
      data: { projectId: seeded.project.id, runId: seeded.run.id, code: "S1", title: "Story 0", position: 0 },
    });
    const id = encodeId("RunItem", item.id);
    const data = await api.data("query ($id: ID!) { node(id: $id) { __typename id } }", { id });
    expect(data).toEqual({ node: { __typename: "RunItem", id } });
  });

  it("finds many things by `nodes`, in the order of the ids, repeated ones too", async () => {
    const wanted = [ids.Subtask, "x", ids.Project, ids.Story, ids.Subtask, encodeId("Story", uuid), ids.Epic];
    const data = await api.data(
      `query ($ids: [ID!]!) { nodes(ids: $ids) {
        __typename id ... on Project { name } ... on Epic { code } ... on Story { code } ... on Subtask { code story { code } }
      } }`,
      { ids: wanted },
    );
    const subtask = { __typename: "Subtask", id: ids.Subtask, code: "ST3", story: { code: "S1" } };
    expect(data["nodes"]).toEqual([
      subtask,
      null,
      { __typename: "Project", id: ids.Project, name: "Garden" },
      { __typename: "Story", id: ids.Story, code: "S1" },
      subtask,
      null,
      { __typename: "Epic", id: ids.Epic, code: "E1" },
    ]);
  });

  it("may be one of 200 in `nodes` and not of 201", async () => {
    const operation = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    const many = await api.data(operation, { ids: Array.from({ length: 200 }, () => ids.Epic) });
    expect(many["nodes"]).toHaveLength(200);
    const { errors } = await api.execute(operation, { ids: Array.from({ length: 201 }, () => ids.Epic) });
    expect(errors?.map(({ message, extensions }) => [message, extensions])).toEqual([
      ["`ids` has 201 entries; it may have up to 200. Ask in several queries.", { code: "BAD_USER_INPUT" }],
    ]);
  });
});

/** To the first of a kind, in a list. */
const WAYS = {
  Project: "{ projects(first: 1) { ? } }",
  Epic: "query ($id: ID!) { node(id: $id) { ... on Epic { project { epics(first: 1) { ? } } } } }",
  Story: "query ($id: ID!) { story(id: $id) { epic { stories(first: 1) { ? } } } }",
  Subtask: "query ($id: ID!) { node(id: $id) { ... on Subtask { story { subtasks(last: 1) { ? } } } } }",
};
const FROM_BELOW = {
  Project: "{ projects(first: 1) { nodes { epics(first: 1) { nodes { project { ? } } } } } }",
  Epic: "query ($id: ID!) { epic(id: $id) { stories(first: 1) { nodes { epic { ? } } } } }",
  Story: "query ($id: ID!) { story(id: $id) { subtasks(first: 1) { nodes { story { ? } } } } }",
  Subtask: "query ($id: ID!) { node(id: $id) { ... on Subtask { dependsOn { ? } } } }",
};

function fieldsOf(name: string): GraphQLField<unknown, unknown>[] {
  const type = api.schema.getType(name);
  if (!(type instanceof GraphQLObjectType)) throw new Error(`${name} is no object type.`);
  return Object.values(type.getFields()).filter((field) => !field.args.some(isRequiredArgument));
}

/** Under a name that is nowhere else in the answer. */
function select(field: GraphQLField<unknown, unknown>): string {
  const type = getNamedType(field.type);
  const subfields = isLeafType(type) ? "" : `{ ${type.name.endsWith("Connection") ? "nodes { id }" : "id"} }`;
  return `wanted_${field.name}: ${field.name} ${subfields}`;
}

/** What an answer holds of a field that `select` selected, the first where there are many. */
function find(answer: unknown, field: GraphQLField<unknown, unknown>): unknown {
  if (typeof answer !== "object" || answer === null) return undefined;
  for (const [key, value] of Object.entries(answer)) {
    const found: unknown = key === `wanted_${field.name}` ? value : find(value, field);
    if (found !== undefined) return found;
  }
  return undefined;
}
