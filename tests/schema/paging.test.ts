import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../src/database/database.ts";
import { encodeId } from "../../src/schema/ids.ts";
import { seedBacklog, type Seeded } from "../support/backlog.ts";
import { createTestDatabase } from "../support/database.ts";
import { type BacklogApi, createBacklogApi } from "../support/graphql.ts";

const PAGE = /* GraphQL */ `
  query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
    story(id: $id) {
      subtasks(first: $first, after: $after, last: $last, before: $before) {
        totalCount
        nodes {
          code
        }
        edges {
          cursor
          node {
            code
          }
        }
        pageInfo {
          hasNextPage
          hasPreviousPage
          startCursor
          endCursor
        }
      }
    }
  }
`;

let database: Database;
let api: BacklogApi;
let seeded: Seeded;
let id: string;

beforeAll(async () => {
  database = await createTestDatabase();
  api = createBacklogApi(database);
  seeded = await seedBacklog(database, { stories: 2, subtasks: 60 });
  id = encodeId("Story", seeded.stories[0]?.id ?? "");
});
afterAll(() => database.close());

interface Page {
  totalCount: number;
  nodes: { code: string }[];
  edges: { cursor: string; node: { code: string } }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
}

async function page(args: { first?: number; after?: string | null; last?: number; before?: string | null }) {
  const data = await api.data(PAGE, { id, ...args });
  const { subtasks } = data["story"] as { subtasks: Page };
  return { ...subtasks, codes: subtasks.nodes.map((node) => node.code) };
}

async function errorOf(operation: string, variables?: Record<string, unknown>) {
  const { errors = [] } = await api.execute(operation, variables);
  expect(errors).toHaveLength(1);
  return { message: errors[0]?.message, code: errors[0]?.extensions["code"] };
}

const notACursor = (name: string) => ({
  message: `\`${name}\` is not a cursor of this list. Pass the \`cursor\` of an edge, or \`startCursor\` or \`endCursor\`.`,
  code: "BAD_USER_INPUT",
});

/** A cursor as one might make it by hand. */
const cursorOf = (place: unknown) => Buffer.from(JSON.stringify(place)).toString("base64url");

function codes(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `ST${from + index}`);
}

describe("a page of a list", () => {
  it("has fifty rows where nothing is said, in order of position, so that ST10 comes after ST9", async () => {
    const { codes: found, edges, pageInfo, totalCount } = await page({});
    expect(found).toEqual(codes(1, 50));
    expect(edges.map((edge) => edge.node.code)).toEqual(found);
    expect(totalCount).toBe(60);
    expect(pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: edges[0]?.cursor,
      endCursor: edges[49]?.cursor,
    });
  });

  it("leads forwards through the whole list", async () => {
    const found: string[][] = [];
    let after: string | null = null;
    let more = true;
    while (more) {
      const next = await page({ first: 25, after });
      found.push(next.codes);
      expect(next.totalCount).toBe(60);
      expect(next.pageInfo.hasPreviousPage).toBe(after !== null);
      after = next.pageInfo.endCursor;
      more = next.pageInfo.hasNextPage;
    }
    expect(found).toEqual([codes(1, 25), codes(26, 50), codes(51, 60)]);
  });

  it("leads backwards through the whole list, each page in the list's order", async () => {
    const found: string[][] = [];
    let before: string | null = null;
    let more = true;
    while (more) {
      const next = await page({ last: 25, before });
      found.push(next.codes);
      expect(next.totalCount).toBe(60);
      expect(next.pageInfo.hasNextPage).toBe(before !== null);
      before = next.pageInfo.startCursor;
      more = next.pageInfo.hasPreviousPage;
    }
    expect(found).toEqual([codes(36, 60), codes(11, 35), codes(1, 10)]);
  });

  it("lies between two cursors where both are given", async () => {
    const { edges } = await page({});
    const between = { after: edges[4]?.cursor, before: edges[9]?.cursor };
    expect((await page(between)).codes).toEqual(codes(6, 9));
    expect((await page({ ...between, first: 2 })).codes).toEqual(codes(6, 7));
    expect((await page({ ...between, last: 2 })).codes).toEqual(codes(8, 9));
  });

  it("is exactly full and has nothing after it where the list ends with it", async () => {
    const { codes: found, pageInfo } = await page({ first: 60 });
    expect(found).toHaveLength(60);
    expect(pageInfo.hasNextPage).toBe(false);
  });

  it("is empty after the last row and in an empty list", async () => {
    const all = await page({ first: 200 });
    expect(await page({ after: all.pageInfo.endCursor })).toMatchObject({
      nodes: [],
      totalCount: 60,
      pageInfo: { hasNextPage: false, hasPreviousPage: true, startCursor: null, endCursor: null },
    });
    const empty = await api.data(PAGE, { id: encodeId("Story", seeded.stories[1]?.id ?? "") });
    expect(empty).toEqual({
      story: {
        subtasks: {
          totalCount: 0,
          nodes: [],
          edges: [],
          pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
        },
      },
    });
  });

  it.each([
    [{ first: 0 }, "`first` is 0; it must be from 1 to 200."],
    [{ first: -1 }, "`first` is -1; it must be from 1 to 200."],
    [{ first: 201 }, "`first` is 201; it must be from 1 to 200."],
    [{ last: 0 }, "`last` is 0; it must be from 1 to 200."],
    [{ last: 201 }, "`last` is 201; it must be from 1 to 200."],
    [{ first: 1, last: 1 }, "Give either `first` or `last`, not both."],
  ])("of %o is an error that says so", async (args, message) => {
    expect(await errorOf(PAGE, { id, ...args })).toEqual({ message, code: "BAD_USER_INPUT" });
  });

  it.each([
    ["nonsense", "nonsense"],
    ["an empty text", ""],
    ["JSON that is no list", cursorOf({})],
    ["a place of another shape", cursorOf(["0"])],
    ["a place with a number that no position is", cursorOf([2 ** 40, crypto.randomUUID()])],
    ["a place without an id", cursorOf([0, "x"])],
  ])("refuses %s as a cursor and says so", async (_what, cursor) => {
    for (const name of ["after", "before"])
      expect(await errorOf(PAGE, { id, [name]: cursor })).toEqual(notACursor(name));
  });

  it.each([
    ["a time of the year 0, which PostgreSQL does not know", "0000-01-01T00:00:00.000Z"],
    ["a day that no month has", "2024-02-30T00:00:00.000Z"],
    ["an hour that no day has", "2024-01-01T25:00:00.000Z"],
    ["a time with more digits", "2024-01-01T00:00:00.0000Z"],
    ["a time of another zone", "2024-01-01T00:00:00.000+99:00"],
    ["a time without a zone", "2024-01-01T00:00:00.000"],
    ["a time of the year 10000", "+010000-01-01T00:00:00.000Z"],
  ])("of a list by time refuses %s as a cursor and says so", async (_what, time) => {
    const cursor = cursorOf([time, crypto.randomUUID()]);
    for (const name of ["after", "before"])
      expect(await errorOf(`query ($cursor: String) { runs(${name}: $cursor) { nodes { id } } }`, { cursor })).toEqual(
        notACursor(name),
      );
  });

  it.each(["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"])(
    "of a list by time takes the time %s",
    async (time) => {
      const cursor = cursorOf([time, crypto.randomUUID()]);
      await api.data(`query ($cursor: String) { runs(after: $cursor) { nodes { id } } }`, { cursor });
    },
  );

  it("can be asked for twice in one operation, and is read once", async () => {
    const twice = `{
      a: projects(first: 1) { nodes { name } totalCount }
      b: projects(first: 1) { nodes { name } totalCount }
    }`;
    const data = await api.data(twice);
    expect(data["a"]).toEqual({ nodes: [{ name: "Garden" }], totalCount: await database.prisma.project.count() });
    expect(data["b"]).toEqual(data["a"]);
    expect(await api.statements(twice)).toBe(2);
  });
});

describe("a cursor, once the list has changed", () => {
  /** ST1 to ST6 of a story, the cursor of each, and another story; codes found by `find` in the list as it is then. */
  async function six() {
    const { stories, subtasks } = await seedBacklog(database, { stories: 2, subtasks: 6 });
    const [id = "", otherId = ""] = stories.map((story) => encodeId("Story", story.id));
    const ids = subtasks.map((subtask) => encodeId("Subtask", subtask.id));
    const list = async (args: object) =>
      ((await api.data(PAGE, { id, ...args }))["story"] as { subtasks: Page }).subtasks;
    const cursors = (await list({})).edges.map(({ cursor }) => cursor);
    const cursor = (number: number) => cursors[number - 1] ?? "";
    return {
      cursor,
      otherId,
      find: async (args: object) => (await list(args)).nodes.map(({ code }) => code).join(" "),
      /** What follows a subtask, and what comes before it, by the cursor that it had at first. */
      around: async (number: number) => {
        const [before, after] = await Promise.all([list({ before: cursor(number) }), list({ after: cursor(number) })]);
        return [before, after].map(({ nodes }) => nodes.map(({ code }) => code).join(" "));
      },
      remove: (number: number) => api.mutate("deleteSubtask", { id: ids[number - 1] }),
      move: (number: number, position: number, storyId?: string) =>
        api.mutate("moveSubtask", { id: ids[number - 1], position, storyId }),
    };
  }

  it("goes on from its row where earlier ones are gone: none is left out, none comes twice", async () => {
    const { around, find, cursor, remove } = await six();
    await remove(1);
    await remove(2);
    expect(await around(3)).toEqual(["", "ST4 ST5 ST6"]);
    expect(await find({ first: 1, after: cursor(3) })).toBe("ST4");
    expect(await find({ last: 1, before: cursor(6) })).toBe("ST5");
    expect(await find({ after: cursor(3), before: cursor(6) })).toBe("ST4 ST5");
  });

  it("goes on where its row was, if that is gone", async () => {
    const { around, remove } = await six();
    await remove(3);
    expect(await around(3)).toEqual(["ST1 ST2", "ST4 ST5 ST6"]);
  });

  it("of a row that is gone stands just before what has its position now, whatever the ids are", async () => {
    const { find } = await six();
    for (const id of ["00000000-0000-7000-8000-000000000000", "ffffffff-ffff-7fff-bfff-ffffffffffff"]) {
      expect(await find({ after: cursorOf([2, id]) })).toBe("ST3 ST4 ST5 ST6");
      expect(await find({ before: cursorOf([2, id]) })).toBe("ST1 ST2");
    }
  });

  it("goes on from its row where one has come before it", async () => {
    const { around, move } = await six();
    await move(6, 0);
    expect(await around(3)).toEqual(["ST6 ST1 ST2", "ST4 ST5"]);
  });

  it("goes along with a row that was moved", async () => {
    const { around, move } = await six();
    await move(3, 4);
    expect(await around(3)).toEqual(["ST1 ST2 ST4 ST5", "ST6"]);
    await move(3, 0);
    expect(await around(3)).toEqual(["", "ST1 ST2 ST4 ST5 ST6"]);
  });

  it("stays in its list where the row was moved out of it", async () => {
    const { around, move, otherId } = await six();
    await move(3, 0, otherId);
    expect(await around(3)).toEqual(["ST1 ST2", "ST4 ST5 ST6"]);
  });

  it("is looked up in each of many lists, in the statement that reads them", async () => {
    const { project, stories, subtasks } = await seedBacklog(database, { stories: 2, subtasks: 4 });
    const [id = "", otherId = ""] = stories.map((story) => encodeId("Story", story.id));
    for (const title of ["A", "B", "C", "D"]) await api.mutate("createSubtask", { storyId: otherId, title });
    const data = await api.data(PAGE, { id });
    const after = (data["story"] as { subtasks: Page }).subtasks.edges[2]?.cursor;
    for (const { id: gone } of subtasks.slice(0, 2))
      await api.mutate("deleteSubtask", { id: encodeId("Subtask", gone) });
    const lists = `query ($id: ID!, $after: String) {
      project(id: $id) { epics { nodes { stories { nodes { subtasks(after: $after) { nodes { title } } } } } } }
    }`;
    const variables = { id: encodeId("Project", project.id), after };
    const story = (...titles: string[]) => ({ subtasks: { nodes: titles.map((title) => ({ title })) } });
    expect(await api.data(lists, variables)).toEqual({
      project: { epics: { nodes: [{ stories: { nodes: [story("Subtask 3"), story("C", "D")] } }] } },
    });
    expect(await api.statements(lists, variables)).toBe(4);
  });
});
