import { describe, expect, it } from "vitest";
import { retryDelayMs } from "../../src/engine/executor/retry-backoff.ts";

const ADVICE = { afterMs: null, throttled: false };
const whole = () => 0;
const half = () => 1;

describe("what a retry waits", () => {
  it("doubles from try to try, up to a minute", () => {
    expect([2, 3, 4, 5, 6].map((next) => retryDelayMs(ADVICE, next, 1_000, whole))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000,
    ]);
    expect(retryDelayMs(ADVICE, 12, 1_000, whole)).toBe(60_000);
  });

  it("is shortened by up to half, so that items that failed together part", () => {
    expect(retryDelayMs(ADVICE, 4, 1_000, half)).toBe(2_000);
    expect(retryDelayMs(ADVICE, 4, 1_000, () => 0.5)).toBe(3_000);
  });

  it("is never less than what the provider asked for, and two minutes at most, whatever it asked for", () => {
    const asked = (afterMs: number, random: () => number) =>
      retryDelayMs({ afterMs, throttled: true }, 2, 1_000, random);
    expect([asked(7_000, whole), asked(7_000, half)]).toEqual([7_000, 7_500]);
    expect(asked(86_400_000, whole)).toBe(120_000);
  });
});
