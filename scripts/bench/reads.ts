import { isDeepStrictEqual } from "node:util";
import { encodeId } from "../../src/schema/ids.ts";
import { putLoad } from "./load.ts";
import type { Seeded } from "./seed.ts";
import type { ServerProcess } from "./server-process.ts";
import { median } from "./statistics.ts";

export const CONNECTIONS = 10;
export const STACKS = ["storymill", "plain", "raw"] as const;
export type Stack = (typeof STACKS)[number];

/** The same question in the words of each server. */
export interface Read {
  readonly name: string;
  readonly requests: Readonly<Record<Stack, { readonly path: string; readonly body: string }>>;
}

/** What one request took of a server, the median of some rounds. */
export interface ReadCost {
  readonly perSecond: number;
  readonly cpuMs: number;
  readonly statements: number;
  readonly bytes: number;
}

/** @param backlog holds the epic; @param run the run, which has more items than are asked for */
export function createReads(backlog: Seeded, run: Seeded): Read[] {
  const subtask = "id code title description effort status acceptanceCriteria position";
  const item = "id code title status createdCount durationMs story { id code title priority effort }";
  const epicQuery = (open: string, close: string) =>
    `query Epic($id: ID!) { epic(id: $id) { id code title stories ${open} id code title position subtasks ${open} ${subtask} ${close} ${close} } }`;
  const runQuery = (open: string, close: string) =>
    `query Run($id: ID!) { run(id: $id) { id status totalItems items(first: 50) ${open} ${item} ${close} } }`;
  return [
    {
      name: "an epic, its 20 stories and their 160 subtasks",
      requests: {
        storymill: graphql(epicQuery("{ nodes {", "} }"), encodeId("Epic", backlog.epicId)),
        plain: graphql(epicQuery("{", "}"), backlog.epicId),
        raw: { path: "/epic", body: JSON.stringify({ id: backlog.epicId }) },
      },
    },
    {
      name: "a run, its first 50 items and their stories",
      requests: {
        storymill: graphql(runQuery("{ nodes {", "} }"), encodeId("Run", run.runId)),
        plain: graphql(runQuery("{", "}"), run.runId),
        raw: { path: "/run", body: JSON.stringify({ id: run.runId }) },
      },
    },
  ];
}

function graphql(query: string, id: string) {
  return { path: "/graphql", body: JSON.stringify({ query, variables: { id } }) };
}

/**
 * Measures a read on each server, round by round in turn, so that what else the machine does meets all of them alike.
 * @throws Error where the servers do not answer the same
 */
export async function measureRead(
  read: Read,
  servers: Readonly<Record<Stack, ServerProcess>>,
  options: { readonly rounds: number; readonly seconds: number },
): Promise<Record<Stack, ReadCost>> {
  const bytes = await checkAnswers(read, servers);
  const costs = { storymill: [], plain: [], raw: [] } satisfies Record<Stack, ReadCost[]> as Record<Stack, ReadCost[]>;
  // The first round is for V8 to get warm.
  for (let round = 0; round <= options.rounds; round += 1)
    for (const stack of STACKS) {
      const { path, body } = read.requests[stack];
      const url = servers[stack].url + path;
      const before = await servers[stack].usage();
      const load = { url, body, bytes: bytes[stack], connections: CONNECTIONS, seconds: options.seconds };
      const { requests, seconds } = await putLoad(load);
      const after = await servers[stack].usage();
      if (round > 0)
        costs[stack].push({
          perSecond: requests / seconds,
          cpuMs: (after.cpuMs - before.cpuMs) / requests,
          statements: (after.statements - before.statements) / requests,
          bytes: bytes[stack],
        });
    }
  const middle = (rounds: readonly ReadCost[]): ReadCost => ({
    perSecond: median(rounds.map(({ perSecond }) => perSecond)),
    cpuMs: median(rounds.map(({ cpuMs }) => cpuMs)),
    statements: median(rounds.map(({ statements }) => statements)),
    bytes: rounds[0]?.bytes ?? 0,
  });
  return { storymill: middle(costs.storymill), plain: middle(costs.plain), raw: middle(costs.raw) };
}

/** How long each server's answer is, in bytes; that it is no error, and all say the same. */
async function checkAnswers(
  read: Read,
  servers: Readonly<Record<Stack, ServerProcess>>,
): Promise<Record<Stack, number>> {
  const bytes = { storymill: 0, plain: 0, raw: 0 };
  const said: unknown[] = [];
  for (const stack of STACKS) {
    const { path, body } = read.requests[stack];
    const headers = { "content-type": "application/json" };
    const response = await fetch(servers[stack].url + path, { method: "POST", headers, body });
    const text = await response.text();
    bytes[stack] = Buffer.byteLength(text);
    said.push(JSON.parse(text, withoutForm));
    if (!response.ok || !isDeepStrictEqual(said[0], said.at(-1)))
      throw new Error(`${read.name}: ${stack} answers something else: ${text.slice(0, 500)}`);
  }
  return bytes;
}

/** Storymill's ids are global ones, and its lists are connections: beside that, all servers have to say the same. */
function withoutForm(key: string, value: unknown): unknown {
  if (key === "id") return undefined;
  return typeof value === "object" && value !== null && "nodes" in value ? value.nodes : value;
}
