import { describe, expect, it } from "vitest";
import { estimateRemainingMs, progressPercent } from "../../src/engine/estimate.ts";
import { runRow } from "../support/run-rows.ts";

const halfDone = { totalItems: 20, completedItems: 10, completedDurationMs: 30_000, inFlightLimit: 4 } as const;

describe("the estimate of what is left", () => {
  it("is unknown before the first item is completed, whatever else has ended", () => {
    expect(estimateRemainingMs(runRow({ totalItems: 4, failedItems: 1, skippedItems: 2 }))).toBeNull();
  });

  it("is null once the run has ended", () => {
    const ended = { status: "CANCELLED", completedAt: new Date() } as const;
    expect(estimateRemainingMs(runRow({ ...halfDone, ...ended }))).toBeNull();
  });

  it("is the items left times the mean duration, shared by those in flight", () => {
    expect(estimateRemainingMs(runRow({ ...halfDone, pacing: "ADAPTIVE" }))).toBe((10 * 3_000) / 4);
  });

  it("is the items left times the spacing, where that takes longer", () => {
    expect(estimateRemainingMs(runRow({ ...halfDone, pacing: "NORMAL" }))).toBe(10 * 1_000);
    expect(estimateRemainingMs(runRow({ ...halfDone, pacing: "SAFE", inFlightLimit: 1 }))).toBe(10 * 3_000);
  });

  it("is unknown where the sum of durations is full: the mean of so many items is more than it tells", () => {
    expect(estimateRemainingMs(runRow({ ...halfDone, completedDurationMs: 2_147_483_646 }))).not.toBeNull();
    expect(estimateRemainingMs(runRow({ ...halfDone, completedDurationMs: 2_147_483_647 }))).toBeNull();
  });

  it("is no more than an Int holds, however much is left", () => {
    const paced = { ...halfDone, pacing: "SAFE" } as const;
    expect(estimateRemainingMs(runRow({ ...paced, totalItems: 100_010 }))).toBe(100_000 * 2_000);
    expect(estimateRemainingMs(runRow({ ...paced, totalItems: 2_000_010 }))).toBe(2_147_483_647);
  });

  it("counts failed, skipped and cancelled items as done", () => {
    const counters = { ...halfDone, failedItems: 3, skippedItems: 4, cancelledItems: 2, pacing: "NORMAL" } as const;
    expect(estimateRemainingMs(runRow(counters))).toBe(1_000);
  });
});

describe("progress", () => {
  it("is the share of items that have ended, rounded down", () => {
    expect(progressPercent(runRow({ totalItems: 3, completedItems: 1 }))).toBe(33);
    expect(progressPercent(runRow({ totalItems: 3, completedItems: 1, failedItems: 1 }))).toBe(66);
    expect(progressPercent(runRow({ totalItems: 1_000, completedItems: 999 }))).toBe(99);
  });

  it("is 100 when all of them have ended, in whatever way", () => {
    const counters = { completedItems: 1, failedItems: 1, skippedItems: 1, cancelledItems: 1 };
    expect(progressPercent(runRow({ totalItems: 4, ...counters }))).toBe(100);
  });
});
