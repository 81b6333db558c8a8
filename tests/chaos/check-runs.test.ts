import { describe, expect, it } from "vitest";
import { checkHistory } from "../../scripts/chaos/check/check-history.ts";
import { type OpenHistory, soundHistory } from "./sound-history.ts";
import { eventOf, kindsAfter, type Spoil, the } from "./spoil.ts";

/** The run whose worker is killed is taken over later than it should be. */
const late = ({ stored }: OpenHistory) => {
  for (const event of stored.events) if (event.seq > 4 && event.runId === "run-1") event.at += 9_000;
};

describe("the check of runs after chaos", () => {
  it("finds nothing where all is well, and measures the takeover", () => {
    const { violations, takeovers } = checkHistory(soundHistory());
    expect(violations).toEqual([]);
    expect(takeovers).toMatchObject({ takeovers: [{ ms: 7_000, calm: true }], longestMs: 7_000 });
  });

  const spoils: Spoil[] = [
    ["an event that is not in the log", ["disordered", "missing"], ({ stored }) => void stored.events.splice(3, 1)],
    [
      "two events of one number",
      ["disordered", "missing", "repeated"],
      (history) => (eventOf(history, "run-1", 4).seq = 5),
    ],
    [
      "an event that no run has counted",
      "missing",
      ({ stored }) => void (the(stored.runs, ({ id }) => id === "run-1").seq += 1),
    ],
    ["time that goes back", "disordered", (history) => void (eventOf(history, "run-1", 4).at -= 5_000)],
    [
      "a terminal status in the middle",
      ["counters", "disordered", "overwritten"],
      (history) => (eventOf(history, "run-1", 7).run.status = "CANCELLED"),
    ],
    [
      "a row whose status is not its last event's",
      "overwritten",
      ({ stored, ledger }) => {
        the(stored.runs, ({ id }) => id === "run-1").status = "CANCELLED";
        ledger.cancelled.set("run-1", []);
      },
    ],
    ["a write under a lease that was lost", "overwritten", (history) => (eventOf(history, "run-1", 9).run.lease = 1)],
    [
      "an item that is generated after its end",
      ["counters", "disordered", "overwritten"],
      (history) => {
        const item = eventOf(history, "run-1", 11).item;
        if (item) item.id = "run-1-item-1";
      },
    ],
    [
      "an item that ended otherwise than was told",
      ["counters", "doubled", "overwritten"],
      ({ stored }) => (the(stored.items, ({ id }) => id === "run-1-item-1").status = "FAILED"),
    ],
    [
      "counters that do not fit",
      "counters",
      ({ stored }) => void (the(stored.runs, ({ id }) => id === "run-1").completedItems -= 1),
    ],
    [
      "counters that did not fit at an event",
      ["counters", "disordered"],
      (history) => void (eventOf(history, "run-1", 7).run.createdCount += 1),
    ],
    [
      "a run that never ended",
      ["missing", "overwritten", "stuck"],
      ({ stored, watches }) => {
        the(stored.runs, ({ id }) => id === "run-1").status = "RUNNING";
        the(watches, ({ name }) => name === "watcher 1").seen.pop();
      },
    ],
    [
      "an item that is still being generated",
      ["counters", "doubled", "overwritten", "stuck"],
      ({ stored }) => (the(stored.items, ({ id }) => id === "run-1-item-2").status = "GENERATING"),
    ],
    ["a job that outlived its run", "stuck", ({ stored }) => void stored.jobs.push("run-1")],
    [
      "a run that met a bug of ours",
      "process",
      (history) => (eventOf(history, "run-1", 3).message = "Something went wrong on the server; its log says more."),
    ],
    [
      "an end that its items do not give",
      ["disordered", "counters"],
      (history) => {
        the(history.stored.runs, ({ id }) => id === "run-1").status = "PARTIAL";
        eventOf(history, "run-1", 12).run.status = "PARTIAL";
      },
    ],
    [
      "a start that was answered with two runs",
      "starts",
      ({ ledger }) => void ledger.started.get("project one")?.push({ runId: "run-2", count: 2 }),
    ],
    [
      "a start that is not there",
      "starts",
      ({ ledger }) => void ledger.started.set("project two", [{ runId: "run-3", count: 1 }]),
    ],
    [
      "two runs of one key",
      "starts",
      ({ stored }) => (the(stored.runs, ({ id }) => id === "run-2").idempotencyKey = "one"),
    ],
    ["a run that nobody has started", "starts", ({ ledger }) => void ledger.startedWithoutKey.pop()],
    [
      "two runs at once",
      "starts",
      ({ stored }) => {
        for (const event of stored.events) if (event.runId === "run-2") event.at -= 50_000;
      },
    ],
    [
      "two cancellations that both ended it",
      "overwritten",
      ({ ledger }) => void ledger.cancelled.set("run-2", ["CANCELLED BY THIS", "CANCELLED BY THIS"]),
    ],
    [
      "a cancellation that did not hold",
      "overwritten",
      ({ ledger }) => void ledger.cancelled.set("run-2", ["CANCELLED BY THIS"]),
    ],
    [
      "a run that was cancelled by nobody",
      ["disordered", "counters"],
      (history) => {
        the(history.stored.runs, ({ id }) => id === "run-1").status = "CANCELLED";
        eventOf(history, "run-1", 12).run.status = "CANCELLED";
      },
    ],
    ["a takeover that came late", "takeover", late],
    [
      "a run that waited long to be taken up",
      ["starts", "takeover"],
      ({ stored }) => {
        for (const event of stored.events) if (event.seq === 1 && event.runId === "run-2") event.at -= 20_000;
        eventOf({ stored }, "run-1", 12).at = Infinity;
      },
    ],
  ];
  it.each(spoils)("finds %s", (_what, kinds, spoil) => {
    expect(kindsAfter(spoil)).toEqual([kinds].flat().toSorted());
  });

  it("blames nobody for a takeover that had to wait for the database", () => {
    const away = (history: OpenHistory) => {
      late(history);
      const killed = history.interruptions[0]!.at;
      history.changes.push(
        { at: killed + 3_000, what: "database", name: "postgres", up: false },
        { at: killed + 9_000, what: "database", name: "postgres", up: true },
      );
    };
    expect(kindsAfter(away)).toEqual([]);
  });

  it("blames nobody for a takeover on a machine that stood still", () => {
    const stalled = (history: OpenHistory) => {
      late(history);
      const killed = history.interruptions[0]!.at;
      history.stalls.push({ from: killed + 2_000, to: killed + 4_000 });
    };
    expect(kindsAfter(stalled)).toEqual([]);
  });

  it("does not take for a run's worker who was halted when it was claimed", () => {
    const resumed = (history: OpenHistory) => {
      late(history);
      const killed = history.interruptions[0]!;
      const asked = { ticket: "Ticket 1", at: killed.at - 14_000, othersAt: 0 };
      history.interruptions.push({
        ...{ name: killed.name, how: "halted" as const, asked: [asked] },
        ...{ at: killed.at - 13_000, until: killed.at - 1_000 },
      });
    };
    expect(kindsAfter(resumed)).toEqual([]);
  });
});
