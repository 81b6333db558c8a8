import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import type { Database } from "../../../src/database/database.ts";
import type { AllowanceStore } from "../../../src/engine/pace/allowance-store.ts";
import { type Ask, createAllowance } from "../../../src/engine/pace/allowance.ts";
import { createOwnAllowance } from "../../../src/engine/pace/own-allowance.ts";
import { createSharedAllowance } from "../../../src/engine/pace/shared-allowance.ts";
import { createTestDatabase } from "../../support/database.ts";

let database: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  // Opens the connections, so that what is asked at the same time is done at the same time.
  await Promise.all(Array.from({ length: 8 }, () => database.read("SELECT pg_sleep(0.1)", [])));
});
afterAll(() => database.close());

const ask = (asked: Partial<Ask> = {}): Ask => ({
  worker: "one",
  inFlight: 0,
  wanted: 0,
  unused: 0,
  news: [],
  ...asked,
});
const NOTHING = { input: 0, output: 0 };
const toldAt = (at: number, remaining: number): Ask["news"] => [
  {
    kind: "told",
    at,
    call: { at, ended: 0, reserved: NOTHING },
    limits: { requests: { limit: 60, remaining, resetAt: 0 } },
  },
];

type Open = (now: () => number) => AllowanceStore;
const stores: [string, Open][] = [
  ["of one process", (now) => createOwnAllowance({ limited: true, now })],
  [
    "that processes share",
    (now) => createSharedAllowance({ database, key: `contract ${crypto.randomUUID()}`, clock: () => now() }),
  ],
];

describe.each(stores)("an allowance %s", (_name, open) => {
  it("grants what there is once, however many ask at the same time", async () => {
    const store = open(() => 1_000);
    await store.exchange(ask({ inFlight: 1, news: toldAt(1_000, 10) }));
    const workers = Array.from({ length: 8 }, (_, i) => `worker ${i}`);
    const answers = await Promise.all(workers.map((worker) => store.exchange(ask({ worker, wanted: 9 }))));
    expect(answers.reduce((sum, { starts }) => sum + starts, 0)).toBe(10);
  });

  it("loses nothing of what is told at the same time", async () => {
    const store = open(() => 1_000);
    const ended = {
      kind: "ended",
      call: { at: 0, ended: 0, reserved: NOTHING },
      result: "succeeded",
      took: NOTHING,
    } as const;
    const workers = Array.from({ length: 8 }, (_, i) => `worker ${i}`);
    await Promise.all(workers.map((worker) => store.exchange(ask({ worker, news: [ended] }))));
    expect((await store.exchange(ask())).inFlightLimit).toBe(16 + 8);
  });

  it("fills with the clock", async () => {
    let now = 1_000;
    const store = open(() => now);
    await store.exchange(ask({ inFlight: 1, news: toldAt(now, 1) }));
    expect(await store.exchange(ask({ inFlight: 1, wanted: 3 }))).toMatchObject({ starts: 1, waitMs: 1_000 });
    now += 1_000;
    expect(await store.exchange(ask({ inFlight: 2, wanted: 3 }))).toMatchObject({ starts: 1, at: 2_000 });
  });

  it("takes back what a worker held that is not heard of any more", async () => {
    let now = 1_000;
    const store = open(() => now);
    await store.exchange(ask({ worker: "dead", wanted: 16 }));
    expect(await store.exchange(ask({ wanted: 16 }))).toMatchObject({ slots: 0 });
    now += 15_000;
    expect(await store.exchange(ask({ wanted: 16 }))).toMatchObject({ slots: 16 });
  });
});

describe("an allowance that processes share", () => {
  test("is one for each key, by the database's clock", async () => {
    const [one, same, other] = ["key", "key", "other key"].map((key) => createSharedAllowance({ database, key }));
    const before = Date.now();
    await one?.exchange(ask({ wanted: 16 }));
    const answer = await same?.exchange(ask({ worker: "other", wanted: 16 }));
    expect(answer?.slots).toBe(0);
    expect(Math.abs((answer?.at ?? 0) - before)).toBeLessThan(60_000);
    expect((await other?.exchange(ask({ wanted: 16 })))?.slots).toBe(16);
  });

  test("goes on with what an older program wrote, which knows no limit on input, and what a newer one adds", async () => {
    const store = createSharedAllowance({ database, key: "old", clock: () => 1_000 });
    const { inputTokens: _, meanInput: _mean, mostInput: _most, ...old } = createAllowance(true);
    const requests = { limit: 60, level: 3, at: 1_000 };
    const state = { ...old, usedAt: 1_000, requests, newer: [1] };
    await database.prisma.providerAllowance.create({ data: { key: "1 old", state, version: 1n } });
    expect((await store.exchange(ask({ wanted: 9 }))).starts).toBe(3);
  });

  test("begins anew where what is stored cannot be understood", async () => {
    const store = createSharedAllowance({ database, key: "odd" });
    await store.exchange(ask({ wanted: 16 }));
    await database.prisma.providerAllowance.update({
      where: { key: "1 odd" },
      data: { state: { limited: "perhaps" } },
    });
    expect((await store.exchange(ask({ worker: "other", wanted: 16 }))).slots).toBe(16);
  });
});
