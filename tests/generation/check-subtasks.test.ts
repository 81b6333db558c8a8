import { describe, expect, it } from "vitest";
import { checkSubtasks, uncoveredCriteria } from "../../src/generation/check-subtasks.ts";
import type { GenerationMode, StoryToSplit } from "../../src/generation/generator.ts";
import { storyToSplit } from "../support/split-requests.ts";

interface Entry {
  key: string;
  title: string;
  description: string;
  effort: string;
  acceptanceCriteria: string[];
  dependsOn: string[];
  coversCriteria: number[];
}

function entry(number: number, told: Partial<Entry> = {}): Entry {
  return {
    key: `k${number}`,
    title: `Build part ${number}`,
    description: `What part ${number} is about.`,
    effort: "M",
    acceptanceCriteria: [`Part ${number} works.`],
    dependsOn: [],
    coversCriteria: [],
    ...told,
  };
}

function set(count: number, changes: Record<number, Partial<Entry>> = {}): { subtasks: Entry[] } {
  return { subtasks: Array.from({ length: count }, (_, index) => entry(index + 1, changes[index])) };
}

function check(candidate: unknown, story: Partial<StoryToSplit> = {}, mode: GenerationMode = "COMPACT") {
  return checkSubtasks(candidate, { story: storyToSplit(story), mode });
}

function problemsOf(candidate: unknown, story: Partial<StoryToSplit> = {}, mode: GenerationMode = "COMPACT") {
  const checked = check(candidate, story, mode);
  return checked.ok ? [] : checked.problems;
}

describe("a set that passes", () => {
  it("comes back trimmed, with dependencies as places and criteria in order", () => {
    const checked = check(
      set(3, {
        0: { title: "  Store \n the  facts ", description: " Keep them. ", acceptanceCriteria: [" They stay. "] },
        2: { dependsOn: ["k2", "k1", "k2"], coversCriteria: [1, 0, 1] },
      }),
      { acceptanceCriteria: ["a", "b"] },
    );
    expect(checked).toEqual({
      ok: true,
      subtasks: [
        {
          title: "Store the facts",
          description: "Keep them.",
          effort: "M",
          acceptanceCriteria: ["They stay."],
          dependsOn: [],
          coversCriteria: [],
        },
        expect.objectContaining({ title: "Build part 2" }),
        expect.objectContaining({ dependsOn: [0, 1], coversCriteria: [0, 1] }),
      ],
    });
  });

  it("may have a subtask that waits for a later one, as long as nothing waits in a circle", () => {
    const checked = check(set(3, { 0: { dependsOn: ["k3"] } }));
    expect(checked.ok && checked.subtasks[0]?.dependsOn).toEqual([2]);
  });

  it("may leave criteria of the story uncovered, which can be asked for", () => {
    const story = { acceptanceCriteria: ["a", "b", "c"] };
    const checked = check(set(3, { 1: { coversCriteria: [1] } }), story);
    expect(checked.ok && uncoveredCriteria(story, checked.subtasks)).toEqual([0, 2]);
  });

  it("may use every size of effort", () => {
    const efforts = ["XS", "S", "M", "L", "XL"].map((effort, index) => entry(index, { effort }));
    expect(check({ subtasks: efforts }).ok).toBe(true);
  });
});

describe("how many subtasks a set has", () => {
  it.each([
    ["COMPACT", 3, 5],
    ["STANDARD", 5, 8],
    ["DETAILED", 8, 12],
  ] as const)("is %s: %i to %i", (mode, least, most) => {
    expect(check(set(least), {}, mode).ok).toBe(true);
    expect(check(set(most), {}, mode).ok).toBe(true);
    expect(problemsOf(set(least - 1), {}, mode)).toEqual([
      `There are ${least - 1} subtasks; ${mode} asks for ${least} to ${most}.`,
    ]);
    expect(problemsOf(set(most + 1), {}, mode)).toEqual([
      `There are ${most + 1} subtasks; ${mode} asks for ${least} to ${most}.`,
    ]);
  });

  it("is never nothing", () => {
    expect(problemsOf({ subtasks: [] })).toEqual(["There are 0 subtasks; COMPACT asks for 3 to 5."]);
    expect(problemsOf(set(1))).toEqual(["There is 1 subtask; COMPACT asks for 3 to 5."]);
  });
});

describe("the shape of an answer", () => {
  it.each([[null], ["text"], [[]], [{}], [{ subtasks: "none" }]])("is not %j", (candidate) => {
    expect(problemsOf(candidate)).toEqual(['The answer must be an object with a list named "subtasks".']);
  });

  it("is named field by field where it is wrong", () => {
    const subtasks = [
      entry(1),
      "a text",
      {
        ...entry(3),
        title: 7,
        effort: "huge",
        dependsOn: "k1",
        coversCriteria: [0.5],
        acceptanceCriteria: ["x", null],
      },
    ];
    expect(problemsOf({ subtasks })).toEqual([
      "Subtask 2: it must be an object.",
      "Subtask 3: title must be a text.",
      "Subtask 3: effort must be one of XS, S, M, L, XL.",
      "Subtask 3: acceptanceCriteria 1 must be a text.",
      "Subtask 3: dependsOn must be a list of keys.",
      "Subtask 3: coversCriteria 0 must be a whole number.",
    ]);
  });

  it("has no field that may be left out", () => {
    for (const field of Object.keys(entry(1))) {
      const { [field as keyof Entry]: _, ...rest } = entry(1);
      expect(problemsOf({ subtasks: [rest, entry(2), entry(3)] })).toEqual([
        expect.stringContaining(`Subtask 1: ${field} must be`),
      ]);
    }
  });

  it("does not make references look wrong that lead to a malformed subtask", () => {
    const subtasks = [{ ...entry(1), effort: "?" }, entry(2, { dependsOn: ["k1"] }), entry(3)];
    expect(problemsOf({ subtasks })).toEqual(["Subtask 1: effort must be one of XS, S, M, L, XL."]);
  });
});

describe("titles", () => {
  it("are unlike each other after trim, case and white space", () => {
    const candidate = set(3, { 0: { title: "Prüfe die STRASSE" }, 2: { title: " prüfe  die\tstraße " } });
    expect(problemsOf(candidate)).toEqual(["Subtask 3 (“prüfe die straße”): it has the same title as subtask 1."]);
  });

  it("are unlike those that the story keeps", () => {
    const existingSubtasks = [{ title: "build  PART 2", description: "" }];
    expect(problemsOf(set(3), { existingSubtasks })).toEqual([
      "Subtask 2 (“Build part 2”): the story already has a subtask with this title.",
    ]);
  });

  it("may be alike in any fuzzier way", () => {
    expect(
      check(
        set(3, { 0: { title: "Build the part" }, 1: { title: "Build the parts" }, 2: { title: "Build the part." } }),
      ).ok,
    ).toBe(true);
  });

  it("have 1 to 200 characters, counted as code points", () => {
    expect(check(set(3, { 0: { title: "🎉".repeat(200) } })).ok).toBe(true);
    expect(problemsOf(set(3, { 0: { title: "🎉".repeat(201) } }))).toEqual([
      expect.stringMatching(/title has 201 characters; at most 200 are allowed\.$/u),
    ]);
    expect(problemsOf(set(3, { 0: { title: " \n" } }))).toEqual(["Subtask 1: title must not be empty."]);
  });
});

describe("texts", () => {
  it("of descriptions have 1 to 20,000 characters", () => {
    expect(check(set(3, { 0: { description: "x".repeat(20_000) } })).ok).toBe(true);
    expect(problemsOf(set(3, { 0: { description: "x".repeat(20_001) } }))).toEqual([
      "Subtask 1 (“Build part 1”): description has 20001 characters; at most 20000 are allowed.",
    ]);
    expect(problemsOf(set(3, { 0: { description: " " } }))).toEqual([
      "Subtask 1 (“Build part 1”): description must not be empty.",
    ]);
  });

  it("of acceptance criteria have 1 to 1,000 characters", () => {
    expect(check(set(3, { 0: { acceptanceCriteria: ["x".repeat(1_000)] } })).ok).toBe(true);
    expect(problemsOf(set(3, { 0: { acceptanceCriteria: ["ok", "x".repeat(1_001), ""] } }))).toEqual([
      "Subtask 1 (“Build part 1”): acceptance criterion 2 has 1001 characters; at most 1000 are allowed.",
      "Subtask 1 (“Build part 1”): acceptance criterion 3 must not be empty.",
    ]);
  });

  it("of acceptance criteria are 1 to 50", () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => `It is ${index}.`);
    expect(check(set(3, { 0: { acceptanceCriteria: many(50) } })).ok).toBe(true);
    expect(problemsOf(set(3, { 0: { acceptanceCriteria: many(51) } }))).toEqual([
      "Subtask 1 (“Build part 1”): it has 51 acceptance criteria; at most 50 are allowed.",
    ]);
    expect(problemsOf(set(3, { 0: { acceptanceCriteria: [] } }))).toEqual([
      "Subtask 1 (“Build part 1”): it has no acceptance criteria, so nobody could tell that it is done.",
    ]);
  });

  it.each([
    ["a NUL", "a\0b"],
    ["half of a surrogate pair", "a\uD83Cb"],
  ])("hold nothing that cannot be stored: %s", (_, text) => {
    const wrong = "holds a NUL or half of a surrogate pair, which cannot be stored.";
    expect(problemsOf(set(3, { 0: { title: text } }))).toEqual([expect.stringContaining(`title ${wrong}`)]);
    expect(problemsOf(set(3, { 0: { description: text } }))).toEqual([expect.stringContaining(`description ${wrong}`)]);
    expect(problemsOf(set(3, { 0: { acceptanceCriteria: [text] } }))).toEqual([
      expect.stringContaining(`acceptance criterion 1 ${wrong}`),
    ]);
    for (const problem of problemsOf(set(3, { 0: { title: text } }))) expect(problem.isWellFormed()).toBe(true);
  });
});

describe("references", () => {
  it("name keys that exist", () => {
    expect(problemsOf(set(3, { 1: { dependsOn: ["k9"] } }))).toEqual([
      'Subtask 2 (“Build part 2”): dependsOn names "k9", which is the key of no subtask.',
    ]);
  });

  it("need a key of each subtask that is its own", () => {
    expect(problemsOf(set(3, { 1: { key: "k1" }, 2: { key: " " } }))).toEqual([
      'Subtask 2 (“Build part 2”): key "k1" is already used by Subtask 1 (“Build part 1”).',
      "Subtask 3 (“Build part 3”): key must not be empty.",
    ]);
  });

  it("are cut where they are told", () => {
    const long = "K".repeat(60_000);
    const cut = JSON.stringify(`${"K".repeat(59)}…`);
    expect(problemsOf(set(3, { 1: { dependsOn: [long] } }))).toEqual([
      `Subtask 2 (“Build part 2”): dependsOn names ${cut}, which is the key of no subtask.`,
    ]);
    expect(problemsOf(set(3, { 0: { key: long }, 1: { key: long } }))).toEqual([
      `Subtask 2 (“Build part 2”): key ${cut} is already used by Subtask 1 (“Build part 1”).`,
    ]);
  });

  it("do not lead to the subtask itself", () => {
    expect(problemsOf(set(3, { 1: { dependsOn: ["k2"] } }))).toEqual([
      "Subtask 2 (“Build part 2”): it depends on itself.",
    ]);
  });

  it("do not go in a circle, and the circle is told", () => {
    const candidate = set(5, { 0: { dependsOn: ["k2"] }, 1: { dependsOn: ["k4"] }, 3: { dependsOn: ["k2"] } });
    expect(problemsOf(candidate)).toEqual([
      "Subtasks wait for each other in a circle: Subtask 2 (“Build part 2”) → Subtask 4 (“Build part 4”) → Subtask 2 (“Build part 2”).",
    ]);
  });

  it("may meet again on several ways without being a circle", () => {
    const candidate = set(4, { 1: { dependsOn: ["k1"] }, 2: { dependsOn: ["k1"] }, 3: { dependsOn: ["k2", "k3"] } });
    expect(check(candidate).ok).toBe(true);
  });
});

describe("criteria that a subtask covers", () => {
  it("exist in the story", () => {
    const story = { acceptanceCriteria: ["a", "b"] };
    expect(check(set(3, { 0: { coversCriteria: [0, 1] } }), story).ok).toBe(true);
    expect(problemsOf(set(3, { 0: { coversCriteria: [2, -1, 2] } }), story)).toEqual([
      "Subtask 1 (“Build part 1”): coversCriteria names 2, -1, but the story's criteria are numbered 0 to 1.",
    ]);
    expect(problemsOf(set(3, { 0: { coversCriteria: [0] } }))).toEqual([
      "Subtask 1 (“Build part 1”): coversCriteria names 0, but the story has no acceptance criteria.",
    ]);
    const many = Array.from({ length: 20_000 }, (_, index) => index);
    expect(problemsOf(set(3, { 0: { coversCriteria: many } }), story)).toEqual([
      "Subtask 1 (“Build part 1”): coversCriteria names 2, 3, 4, 5, 6, …, but the story's criteria are numbered 0 to 1.",
    ]);
  });
});

it("names everything that is wrong at once", () => {
  const candidate = set(6, {
    0: { title: "", coversCriteria: [3] },
    1: { dependsOn: ["none"] },
    3: { title: "Build part 3" },
  });
  expect(problemsOf(candidate)).toHaveLength(5);
});
