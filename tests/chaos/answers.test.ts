import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createApi, NoAnswer } from "../../scripts/chaos/api.ts";
import { startProbes } from "../../scripts/chaos/probes.ts";
import type { Slot } from "../../scripts/chaos/processes.ts";
import { createRandom, type Random } from "../../scripts/chaos/random.ts";
import { createTimeline, type Timeline } from "../../scripts/chaos/timeline.ts";
import type { Violation } from "../../scripts/chaos/violations.ts";
import { DeleteProject } from "../support/operations.ts";

/** A process that answers like this. */
async function startSlot(answer: RequestListener): Promise<Slot> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  const nothing = async () => {};
  return {
    ...{
      name: "api-1",
      role: "api",
      state: "ready",
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    },
    ...{ start: nothing, kill: nothing, halt: nothing, replace: nothing, close: nothing },
  };
}

/** Everything has been up for an hour. */
function calmTimeline(): Timeline {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 3_600_000 });
  const timeline = createTimeline([]);
  timeline.tell("database", "postgres", true);
  timeline.tell("api", "api-1", true);
  vi.useRealTimers();
  return timeline;
}

describe("a request that is not answered", () => {
  async function violationsAfter(happen: (timeline: Timeline) => void): Promise<Violation[]> {
    const violations: Violation[] = [];
    const timeline = calmTimeline();
    const slot = await startSlot(() => happen(timeline));
    const report = (violation: Violation) => void violations.push(violation);
    const api = createApi({ slots: [slot], timeline, random: createRandom("one"), report, patienceMs: 300 });
    await expect(api.try(DeleteProject, { id: "one" })).rejects.toThrow(NoAnswer);
    return violations;
  }

  it("is blamed on a process that was there all along", async () => {
    expect(await violationsAfter(() => {})).toEqual([
      { kind: "answer", text: "api-1 did not answer DeleteProject within 0.3 s." },
    ]);
  });

  it("is not blamed on one that was halted meanwhile", async () => {
    const halt = (timeline: Timeline) => {
      timeline.tell("api", "api-1", false);
      timeline.tell("api", "api-1", true);
    };
    expect(await violationsAfter(halt)).toEqual([]);
  });
});

describe("a probe of readiness", () => {
  /** What is found in three answers: with one of the statuses each, and then with the last. */
  async function violationsOf(...statuses: number[]): Promise<Violation[]> {
    const violations: Violation[] = [];
    const slot = await startSlot((_request, response) => {
      response.statusCode = (statuses.length > 1 ? statuses.shift() : statuses[0]) ?? 200;
      response.end();
    });
    // Asks soon, and for readiness, which comes second.
    const pick = <T>(list: readonly T[]) => (list[1] ?? list[0]) as T;
    const random: Random = { ...createRandom("one"), between: (least) => least, pick };
    const probes = startProbes({
      ...{ slots: [slot], timeline: calmTimeline(), random },
      report: (violation) => void violations.push(violation),
    });
    await expect.poll(() => probes.count, { timeout: 10_000 }).toBe(3);
    await probes.stop();
    return violations;
  }

  it("forgives one moment in which it is not, and no second one after it", async () => {
    const [one, two] = await Promise.all([violationsOf(503, 200), violationsOf(503, 503, 200)]);
    expect(one).toEqual([]);
    expect(two).toMatchObject([{ kind: "answer", text: expect.stringContaining("api-1/readyz answered 503") }]);
  });
});
