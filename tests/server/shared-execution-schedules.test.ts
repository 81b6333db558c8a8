import { expect, test } from "vitest";
import type { RunEvent } from "../../src/pubsub/run-events.ts";
import { createRandom, type Random } from "../support/random.ts";
import { runEvent } from "../support/run-rows.ts";
import { createMemoryFeed } from "./memory-feed.ts";
import { type MemorySocket, openSocket, settled } from "./memory-socket.ts";
import { createEngine, createUnsharedOptions, createWatchedSchema } from "./watched-run.ts";

/** One way of serving a run, and the clients that watch it there. */
async function createWorld(isShared: boolean, first: RunEvent) {
  const feed = createMemoryFeed(first);
  const waiting: (() => void)[] = [];
  let opened = 0;
  let executions = 0;
  const schema = createWatchedSchema({
    feed,
    gate: async (seq) => {
      if (seq > opened) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    onExecuted: () => (executions += 1),
  });
  const options = isShared ? createEngine(schema).options : createUnsharedOptions(schema);
  const sockets: MemorySocket[] = await Promise.all(Array.from({ length: 5 }, () => openSocket(options)));
  return {
    feed,
    socket: (index: number) => sockets[index % sockets.length]!,
    /** Slow fields of the events up to this one answer, to whoever asks and has asked. */
    openGate(seq: number) {
      opened = seq;
      for (const resolve of waiting.splice(0)) resolve();
    },
    /** What each subscription of each client was sent; of two on one socket, which comes first is nobody's promise. */
    get sent() {
      return sockets.map(({ sent }) => Object.groupBy(sent, (message) => /^{"id":"(\d+)"/.exec(message)?.[1] ?? ""));
    },
    get messages() {
      return sockets.flatMap(({ sent }) => sent);
    },
    get executions() {
      return executions;
    },
  };
}
type World = Awaited<ReturnType<typeof createWorld>>;

const FIELDS = "kind seq draft slow";
const PAYLOADS: readonly ((random: Random, head: number) => object)[] = [
  () => ({ query: `subscription { progress { ${FIELDS} fails } }` }),
  (random, head) => ({
    query: `subscription ($after: String) { progress(after: $after) { ${FIELDS} fails } }`,
    variables: random.pick([{}, { after: null }, { after: String(random.int(head + 2)) }]),
  }),
  (random) => ({
    query: `subscription ($text: String) { progress { ${FIELDS} echo(text: $text) } }`,
    variables: random.pick([{}, { text: null }, { text: "a" }, { text: "b" }]),
  }),
  (random, head) => ({
    query: `subscription ($after: String) { progress(after: $after) { seq echo(text: $after) } }`,
    variables: { after: String(random.int(head + 1)) },
  }),
  (random) => ({
    query: `subscription One { progress { seq breaks ...More } } subscription Two { progress { kind ...More } } fragment More on Progress { slow fails }`,
    operationName: random.pick(["One", "Two"]),
  }),
];

/** Does the next thing of a schedule in both worlds alike, and says what it was. */
function step(random: Random, worlds: readonly World[], state: { seq: number; id: number; ended: boolean }): string {
  const client = random.int(5);
  const everywhere = (act: (world: World) => void) => worlds.forEach(act);
  const appendOne = (status: "RUNNING" | "SUCCEEDED") => {
    if (state.ended) return;
    state.seq += 1;
    state.ended = status !== "RUNNING";
    const event = runEvent(state.seq, {
      run: { status, phaseDetail: random.pick([null, null, "slow", "fails", "breaks"]) },
    });
    everywhere(({ feed }) => feed.append(event));
  };
  switch (
    random.pick([
      "join",
      "join",
      "join",
      "leave",
      "append",
      "append",
      "append",
      "burst",
      "draft",
      "stall",
      "resume",
      "open",
      "end",
      "cut",
      "remove",
    ])
  ) {
    case "join": {
      const payload = random.pick(PAYLOADS)(random, state.seq);
      const id = String((state.id += 1));
      everywhere((world) => world.socket(client).receive({ id, type: "subscribe", payload }));
      return `client ${client} joins as ${id}: ${JSON.stringify(payload)}`;
    }
    case "leave": {
      const id = String(1 + random.int(state.id + 1));
      everywhere((world) => world.socket(client).receive({ id, type: "complete" }));
      return `client ${client} leaves ${id}`;
    }
    case "append":
      appendOne("RUNNING");
      return "an event";
    case "burst":
      for (let i = 0; i < 9; i += 1) appendOne("RUNNING");
      return "nine events";
    case "draft":
      everywhere(({ feed }) => feed.draft("A draft"));
      return "a draft";
    case "stall":
      everywhere((world) => world.socket(client).stall());
      return `client ${client} stalls`;
    case "resume":
      everywhere((world) => world.socket(client).resume());
      return `client ${client} reads on`;
    case "open":
      everywhere((world) => world.openGate(state.seq));
      return "slow fields answer";
    case "end":
      if (random.int(4) === 0) appendOne("SUCCEEDED");
      return "perhaps the end";
    case "cut":
      if (random.int(4) === 0) everywhere((world) => world.socket(client).cut());
      return `perhaps client ${client} is cut off`;
    default:
      if (random.int(12) === 0) everywhere(({ feed }) => feed.remove());
      return "perhaps the run is deleted";
  }
}

// SEED=n tries that one alone.
const seeds =
  process.env["SEED"] === undefined ? Array.from({ length: 60 }, (_, i) => i + 1) : [Number(process.env["SEED"])];

test("whatever happens in a run and to its watchers, each is sent what it would be sent if nothing were shared", async () => {
  const executions = { shared: 0, unshared: 0 };
  const codes = new Set<string>();
  for (const seed of seeds) {
    const random = createRandom(seed);
    const first = runEvent(1);
    const shared = await createWorld(true, first);
    const unshared = await createWorld(false, first);
    const state = { seq: 1, id: 0, ended: false };
    const steps: string[] = [];
    for (let i = 0; i < 60; i += 1) {
      steps.push(step(random, [shared, unshared], state));
      await settled();
      expect(shared.sent, `seed ${seed}:\n${steps.join("\n")}`).toEqual(unshared.sent);
      expect(shared.feed.watchers, `seed ${seed}`).toBe(unshared.feed.watchers);
    }
    executions.shared += shared.executions;
    executions.unshared += unshared.executions;
    for (const message of shared.messages) for (const [, code] of message.matchAll(/"code":"(\w+)"/g)) codes.add(code!);
    for (const world of [shared, unshared]) for (let i = 0; i < 5; i += 1) world.socket(i).cut();
    await settled();
    expect(shared.feed.watchers).toBe(0);
  }
  // That the schedules came by everything they are here for.
  expect(executions.shared).toBeLessThan(executions.unshared);
  if (seeds.length > 1)
    expect([...codes].sort()).toEqual(["BAD_CURSOR", "BROKEN", "CONSUMER_TOO_SLOW", "NOT_FOUND", "ON_PURPOSE"]);
});
