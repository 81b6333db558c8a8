import { describe, expect, it } from "vitest";
import { createPrefixGate } from "../../src/generation/anthropic/prefix-gate.ts";

// How it spares input over a run is told by prompt-cache.test.ts.

const { signal } = new AbortController();

describe("a call that may not wait", () => {
  it("passes a gate behind which another is about to fill the cache, and opens it for those that wait", async () => {
    const gate = createPrefixGate({ patienceMs: 600_000, now: () => 0 });
    await gate.enter("rules", { signal, waits: true });
    const waiting = gate.enter("rules", { signal, waits: true });
    const passage = await gate.enter("rules", { signal, waits: false });
    const before = await Promise.race([waiting, Promise.resolve("still waiting")]);
    expect(before).toBe("still waiting");
    passage.begun();
    await waiting;
  });

  it("is the one that others wait for, where it comes first", async () => {
    const gate = createPrefixGate({ patienceMs: 600_000, now: () => 0 });
    const first = await gate.enter("rules", { signal, waits: false });
    const waiting = gate.enter("rules", { signal, waits: true });
    expect(await Promise.race([waiting, Promise.resolve("still waiting")])).toBe("still waiting");
    first.begun();
    await waiting;
  });
});
