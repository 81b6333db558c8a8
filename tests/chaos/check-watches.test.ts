import { describe, expect, it } from "vitest";
import { kindsAfter, seenBy, type Spoil, the } from "./spoil.ts";

describe("the check of watchers after chaos", () => {
  const spoils: Spoil[] = [
    ["a watcher who missed an event", "missing", (history) => void seenBy(history, "watcher 1").splice(4, 1)],
    [
      "a watcher who saw an event twice",
      "repeated",
      (history) => {
        const seen = seenBy(history, "watcher 1");
        seen.splice(4, 0, seen[4]!);
      },
    ],
    [
      "a watcher who saw two events the wrong way round",
      ["disordered", "missing"],
      (history) => {
        const seen = seenBy(history, "watcher 1");
        seen.splice(4, 2, seen[5]!, seen[4]!);
      },
    ],
    ["a watcher who was not shown the first event", "missing", (history) => void seenBy(history, "watcher 1").shift()],
    [
      "a watcher who was not told the end",
      "missing",
      ({ watches }) => (the(watches, ({ name }) => name === "watcher 1").end = "waiting"),
    ],
    ["a stream that was completed too soon", "missing", (history) => void seenBy(history, "watcher 1").pop()],
    [
      "a watcher who was shown another state",
      "disordered",
      (history) => (seenBy(history, "watcher 1")[5]!.run = "RUNNING 2/0/0/0/0/9"),
    ],
    [
      "a watcher who was shown what is not there",
      ["disordered", "missing"],
      (history) => (seenBy(history, "watcher 3")[1]!.seq = 99),
    ],
    ["a snapshot in mid-stream", "disordered", (history) => (seenBy(history, "watcher 1")[5]!.kind = "SNAPSHOT")],
  ];
  it.each(spoils)("finds %s", (_what, kinds, spoil) => {
    expect(kindsAfter(spoil)).toEqual([kinds].flat().toSorted());
  });
});
