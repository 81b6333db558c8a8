import { describe, expect, it } from "vitest";
import { STORIES } from "./sound-history.ts";
import { eventOf, kindsAfter, seenBy, type Spoil, the } from "./spoil.ts";

describe("the check of the backlog after chaos", () => {
  const spoils: Spoil[] = [
    [
      "a subtask that is gone",
      ["lost", "numbering"],
      ({ stored }) =>
        void stored.subtasks.splice(
          stored.subtasks.findIndex(({ id }) => id === "b1"),
          1,
        ),
    ],
    ["a manual subtask that is gone", ["lost", "numbering"], ({ stored }) => void stored.subtasks.splice(1, 1)],
    [
      "a set that was saved once more, told by nobody",
      ["doubled", "numbering"],
      ({ stored }) =>
        void stored.subtasks.push({
          ...the(stored.subtasks, ({ id }) => id === "b1"),
          id: "b1 again",
          number: 3,
          position: 2,
        }),
    ],
    [
      "a set that was saved for two items",
      ["doubled", "lost"],
      (history) => (eventOf(history, "run-1", 11).subtaskIds = ["a1", "a2"]),
    ],
    [
      "a count that is not what was saved",
      ["counters", "disordered", "doubled"],
      (history) => {
        const { item } = eventOf(history, "run-1", 11);
        if (item) item.createdCount = 3;
      },
    ],
    [
      "a set of an item that was not completed",
      ["counters", "doubled", "overwritten"],
      ({ stored }) => (the(stored.items, ({ id }) => id === "run-2-item-1").status = "FAILED"),
    ],
    [
      "a code that was used twice",
      "numbering",
      ({ stored }) => (the(stored.subtasks, ({ id }) => id === "b2").number = 1),
    ],
    [
      "codes that were taken for nothing",
      "numbering",
      ({ stored }) => void (the(stored.stories, ({ id }) => id === STORIES[1]).lastSubtaskNumber += 2),
    ],
    ["positions with a gap", "numbering", ({ stored }) => (the(stored.subtasks, ({ id }) => id === "b2").position = 2)],
    [
      "stories whose positions have a gap",
      "numbering",
      ({ stored }) => (the(stored.stories, ({ id }) => id === STORIES[1]).position = 2),
    ],
    [
      "a code that a watcher saw on two subtasks",
      "numbering",
      (history) => {
        const codes = seenBy(history, "watcher 1").flatMap((seen) => seen.codes);
        the(codes, ({ id }) => id === "b2").code = "ST of b1";
      },
    ],
    [
      "a SKIP that split what had subtasks",
      ["replaced"],
      ({ stored }) => {
        const run = the(stored.runs, ({ id }) => id === "run-2");
        run.existingBehavior = "SKIP";
        eventOf({ stored }, "run-2", 5).item!.deletedCount = 0;
        stored.subtasks.unshift({ ...the(stored.subtasks, ({ id }) => id === "a2"), id: "a1", number: 1, position: 5 });
      },
    ],
    ["a REPLACE that took what had been edited", ["replaced"], ({ ledger }) => void ledger.editedSubtasks.set("a1", 0)],
    [
      "a REPLACE that left what nobody had touched",
      ["replaced"],
      ({ stored }) => (the(stored.subtasks, ({ id }) => id === "a2").edited = false),
    ],
    [
      "a REPLACE that took more than it says",
      ["lost"],
      (history) => {
        eventOf(history, "run-2", 5).item!.deletedCount = 0;
      },
    ],
    [
      "a story of somebody's that is gone",
      "lost",
      ({ ledger }) => void ledger.writtenStories.set("story-3", "project"),
    ],
    [
      "a deleted story that is there",
      ["numbering", "replaced"],
      ({ ledger }) => void ledger.deletedStories.add(STORIES[1]),
    ],
  ];
  it.each(spoils)("finds %s", (_what, kinds, spoil) => {
    expect(kindsAfter(spoil)).toEqual([kinds].flat().toSorted());
  });
});
