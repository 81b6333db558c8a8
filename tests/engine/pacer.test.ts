import { describe, expect, it } from "vitest";
import { createPacer, type PACES } from "../../src/engine/executor/pacer.ts";
import type { Ticket } from "../../src/engine/pace/provider-pace.ts";
import { NO_USAGE } from "../../src/engine/usage.ts";
import { createTestPace } from "../support/pace.ts";

type Pacing = keyof typeof PACES;

/** A pacer on a clock that the test moves. */
function pacerAt(start: number, pacing: Pacing, options: { lastStart?: Date } = {}) {
  const clock = { now: start };
  const pacer = createPacer({
    pacing,
    provider: createTestPace(),
    lastStart: options.lastStart ?? null,
    ring: () => {},
    now: () => clock.now,
  });
  return { pacer, clock };
}

/** When items start, if each call takes `callMs` and the clock is looked at every millisecond. */
function startsOf(pacing: Pacing, { callMs, until }: { callMs: number; until: number }): number[] {
  const { pacer, clock } = pacerAt(0, pacing);
  const starts: number[] = [];
  const calls = new Map<number, Ticket>();
  for (; clock.now <= until; clock.now += 1) {
    calls.get(clock.now)?.end("succeeded", NO_USAGE);
    if (pacer.available(1) === 0) continue;
    calls.set(clock.now + callMs, pacer.begin("start"));
    starts.push(clock.now);
  }
  return starts;
}

describe("pacing", () => {
  it.each([
    ["SAFE", 2_000],
    ["NORMAL", 1_000],
    ["FAST", 500],
  ] as const)("%s starts one item exactly every %i ms while calls are short", (pacing, spacing) => {
    expect(startsOf(pacing, { callMs: 10, until: 4 * spacing })).toEqual([0, 1, 2, 3, 4].map((n) => n * spacing));
  });

  it.each([
    ["SAFE", 1],
    ["NORMAL", 4],
    ["FAST", 8],
  ] as const)("%s has %i in flight at most, however long calls take", (pacing, most) => {
    expect(startsOf(pacing, { callMs: 1_000_000, until: 60_000 })).toHaveLength(most);
  });

  it("SAFE waits for the call under way and then for what is left of two seconds", () => {
    const { pacer, clock } = pacerAt(0, "SAFE");
    const call = pacer.begin("start");
    expect([pacer.available(1), pacer.waitMs()]).toEqual([0, Infinity]);
    clock.now = 1_500;
    call.end("succeeded", NO_USAGE);
    expect([pacer.available(1), pacer.waitMs()]).toEqual([0, 500]);
    clock.now = 2_000;
    expect([pacer.available(1), pacer.waitMs()]).toEqual([1, 0]);
  });

  it("a start of an earlier execution counts for the spacing", () => {
    const { pacer, clock } = pacerAt(10_600, "NORMAL", { lastStart: new Date(10_000) });
    expect([pacer.available(1), pacer.waitMs()]).toEqual([0, 400]);
    clock.now = 11_000;
    expect(pacer.available(1)).toBe(1);
  });

  it("a retry takes a place in flight but no start of the spacing", () => {
    const { pacer, clock } = pacerAt(0, "NORMAL");
    pacer.begin("start");
    clock.now = 900;
    expect(pacer.room(1)).toBe(3);
    pacer.begin("retry");
    expect([pacer.room(1), pacer.waitMs()]).toEqual([2, 100]);
  });

  it("fixed pacing neither grows with success nor falls when throttled", () => {
    const { pacer } = pacerAt(0, "FAST");
    for (const result of ["succeeded", "throttled", "failed"] as const) pacer.begin("retry").end(result, NO_USAGE);
    expect([pacer.inFlightLimit, pacer.room(1)]).toEqual([8, 8]);
  });

  it("ADAPTIVE runs of one process share what they know of the provider", async () => {
    const provider = createTestPace();
    const rung = Promise.withResolvers<void>();
    const join = (ring: () => void) =>
      createPacer({ pacing: "ADAPTIVE", provider, lastStart: null, ring, now: () => 0 });
    const [one, other] = [join(rung.resolve), join(() => {})];
    one.available(10);
    other.available(10);
    await rung.promise;
    expect([one.available(10), other.available(10)]).toEqual([8, 8]);
    one.leave();
    expect(other.available(10)).toBe(10);
  });
});
