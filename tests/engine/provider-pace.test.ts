import { expect, test } from "vitest";
import { createProviderPace } from "../../src/engine/executor/provider-pace.ts";
import type { Usage } from "../../src/generation/generator.ts";

const spent = (outputTokens: number): Usage => ({
  inputTokens: 0,
  outputTokens,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costUsd: 0,
});

test("begins with 16 in flight where a provider has limits, with 32 where it has none", () => {
  expect(createProviderPace({ limited: true, now: () => 0 }).available()).toBe(16);
  expect(createProviderPace({ limited: false, now: () => 0 }).available()).toBe(32);
});

test("grows by one with each success until the first throttle, halves there, then grows by one each round trip", () => {
  let time = 0;
  const pace = createProviderPace({ limited: true, now: () => time });
  for (let i = 0; i < 4; i += 1) pace.begin().end("succeeded", spent(0));
  expect(pace.inFlightLimit).toBe(20);
  time = 1;
  pace.begin().end("throttled", spent(0));
  expect(pace.inFlightLimit).toBe(10);
  for (let i = 0; i < 9; i += 1) pace.begin().end("succeeded", spent(0));
  expect(pace.inFlightLimit).toBe(10);
  pace.begin().end("succeeded", spent(0));
  expect(pace.inFlightLimit).toBe(11);
});

test("a burst of throttled calls halves once", () => {
  let time = 0;
  const pace = createProviderPace({ limited: true, now: () => time });
  const burst = Array.from({ length: 8 }, () => pace.begin());
  time = 5;
  for (const ticket of burst) ticket.end("throttled", spent(0));
  expect(pace.inFlightLimit).toBe(8);
});

test("never falls below one in flight", () => {
  let time = 0;
  const pace = createProviderPace({ limited: true, now: () => (time += 1) });
  for (let i = 0; i < 10; i += 1) pace.begin().end("throttled", spent(0));
  expect(pace.inFlightLimit).toBe(1);
});

test("keeps to the requests and tokens that the provider says are left, and to how they fill", () => {
  let time = 0;
  const pace = createProviderPace({ limited: true, now: () => time });
  pace.begin().observe({ requests: { limit: 60, remaining: 2, resetAt: 0 } });
  expect(pace.available()).toBe(2);
  pace.begin();
  pace.begin();
  expect(pace.available()).toBe(0);
  expect(pace.waitMs()).toBe(1_000);
  time = 1_000;
  expect(pace.available()).toBe(1);

  const writing = createProviderPace({ limited: true, now: () => time });
  const first = writing.begin();
  first.observe({ outputTokens: { limit: 6_000, remaining: 3_500, resetAt: 0 } });
  first.end("succeeded", spent(1_000));
  expect(writing.available()).toBe(2);
  writing.begin();
  writing.begin();
  expect(writing.available()).toBe(1);
  writing.begin();
  writing.begin();
  expect(writing.available()).toBe(0);
});

test("a pause that the provider asked for holds everything back", () => {
  let time = 0;
  const pace = createProviderPace({ limited: true, now: () => time });
  pace.pause(3_000);
  expect(pace.available()).toBe(0);
  expect(pace.waitMs()).toBe(3_000);
  time = 3_000;
  expect(pace.available()).toBe(16);
});

test("in simulated time, 60 calls within 50 requests and 40,000 output tokens a minute end near the least time, with few refused", () => {
  const LIMITS = { requests: 50, output: 40_000 };
  const OUTPUT = 1_000;
  const LATENCY = 4_000;
  const TICK = 50;
  let time = 0;
  const pace = createProviderPace({ limited: true, now: () => time });
  const bucket = { requests: LIMITS.requests, output: LIMITS.output, at: 0 };
  const fill = () => {
    const passed = (time - bucket.at) / 60_000;
    bucket.requests = Math.min(LIMITS.requests, bucket.requests + passed * LIMITS.requests);
    bucket.output = Math.min(LIMITS.output, bucket.output + passed * LIMITS.output);
    bucket.at = time;
  };
  let todo = 60;
  let done = 0;
  let refused = 0;
  const calls: { at: number; end: () => void }[] = [];
  while (done < 60) {
    fill();
    for (const call of calls.splice(0).sort((a, b) => a.at - b.at))
      if (call.at <= time) call.end();
      else calls.push(call);
    for (let free = Math.min(pace.available(), todo); free > 0; free -= 1) {
      const ticket = pace.begin();
      todo -= 1;
      if (bucket.requests < 1 || bucket.output < 1) {
        refused += 1;
        todo += 1;
        ticket.end("throttled", spent(0));
        // The provider names the time to wait, in whole seconds.
        const waitMinutes = Math.max((1 - bucket.requests) / LIMITS.requests, (1 - bucket.output) / LIMITS.output);
        pace.pause(Math.ceil(waitMinutes * 60) * 1_000);
        continue;
      }
      bucket.requests -= 1;
      const told = {
        requests: { limit: LIMITS.requests, remaining: Math.floor(bucket.requests), resetAt: 0 },
        outputTokens: { limit: LIMITS.output, remaining: Math.max(0, Math.floor(bucket.output)), resetAt: 0 },
      };
      // An answer's headers come with its first byte.
      ticket.observe(told);
      const end = () => {
        done += 1;
        ticket.end("succeeded", spent(OUTPUT));
      };
      calls.push({ at: time + LATENCY, end });
    }
    // Answers are written evenly, and count as they are written.
    bucket.output -= (calls.length * OUTPUT * TICK) / LATENCY;
    time += TICK;
  }
  const least = ((60 * OUTPUT - LIMITS.output) / LIMITS.output) * 60_000 + LATENCY;
  expect(time / least).toBeLessThan(1.2);
  expect(refused / (60 + refused)).toBeLessThan(0.05);
});
