import { describe, expect, it } from "vitest";
import { checkStories, type StoryRules } from "../../src/generation/check-stories.ts";
import { storiesAnswer, type StoryEntry } from "../support/fill-requests.ts";

const RULES: StoryRules = { epic: { existingStories: [] }, mode: "COMPACT", personaSet: "CORE" };

function problemsOf(candidate: unknown, rules: Partial<StoryRules> = {}): readonly string[] {
  const checked = checkStories(candidate, { ...RULES, ...rules });
  return checked.ok ? [] : checked.problems;
}

/** What is wrong with a set whose second story has these changes. */
function wrong(changes: Partial<StoryEntry>): readonly string[] {
  return problemsOf(storiesAnswer(5, { 1: changes }));
}

it("a sound set passes, trimmed, its personas as the set writes them", () => {
  const answer = storiesAnswer(5, {
    0: { title: "  Renew\n a loan ", persona: "an end user", narrative: " As an end user,\nI want it. " },
    1: { persona: "PRODUCT  owner", description: " Two.\n\nLines. ", acceptanceCriteria: [" One. ", "Two."] },
  });
  const checked = checkStories(answer, RULES);
  expect(checked).toMatchObject({
    ok: true,
    stories: [
      { title: "Renew a loan", persona: "End user", narrative: "As an end user, I want it." },
      { persona: "Product owner", description: "Two.\n\nLines.", acceptanceCriteria: ["One.", "Two."] },
      {},
      {},
      {},
    ],
  });
});

describe("a set does not pass", () => {
  it.each([
    ["COMPACT", 4, "There are 4 stories; COMPACT asks for 5 to 8."],
    ["COMPACT", 9, "There are 9 stories; COMPACT asks for 5 to 8."],
    ["STANDARD", 1, "There is 1 story; STANDARD asks for 8 to 12."],
    ["STANDARD", 13, "There are 13 stories; STANDARD asks for 8 to 12."],
    ["DETAILED", 11, "There are 11 stories; DETAILED asks for 12 to 15."],
    ["DETAILED", 16, "There are 16 stories; DETAILED asks for 12 to 15."],
  ] as const)("in mode %s with %i stories", (mode, count, problem) => {
    expect(problemsOf(storiesAnswer(count), { mode })).toEqual([problem]);
  });

  it.each<[string, Partial<StoryEntry>, RegExp]>([
    ["an empty title", { title: " " }, /^Story 2: title must not be empty\.$/u],
    ["a title that is too long", { title: "x".repeat(201) }, /title has 201 characters; at most 200 are allowed\.$/u],
    ["no narrative", { narrative: "" }, /^Story 2 \(“Do thing 2”\): narrative must not be empty\.$/u],
    ["a narrative that is too long", { narrative: "x".repeat(5_001) }, /narrative has 5001 characters/u],
    ["a description that is too long", { description: "x".repeat(20_001) }, /description has 20001 characters/u],
    ["what cannot be stored", { description: "a\0" }, /description holds a NUL/u],
    ["a persona of another set", { persona: "Operations" }, /persona "Operations" is none of End user, Admin/u],
    ["a made-up persona", { persona: "Power user" }, /persona "Power user" is none of/u],
    ["one criterion", { acceptanceCriteria: ["One."] }, /it has 1 acceptance criteria; 2 to 6 are asked for\.$/u],
    ["seven criteria", { acceptanceCriteria: [..."abcdefg"] }, /it has 7 acceptance criteria/u],
    ["an empty criterion", { acceptanceCriteria: ["One.", " "] }, /acceptance criterion 2 must not be empty/u],
    ["an unknown priority", { priority: "HIGH" }, /^Story 2: priority must be one of MUST, SHOULD, COULD, WONT\.$/u],
    ["an unknown effort", { effort: "HUGE" }, /^Story 2: effort must be one of XS, S, M, L, XL\.$/u],
    ["a title twice", { title: "do  THING 1" }, /it has the same title as story 1\.$/u],
  ])("with %s", (_, changes, problem) => {
    const problems = wrong(changes);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });

  it("with a title that the epic has already", () => {
    const epic = { existingStories: [{ title: "DO THING 3", narrative: null }] };
    expect(problemsOf(storiesAnswer(5), { epic })).toEqual([
      "Story 3 (“Do thing 3”): the epic already has a story with this title.",
    ]);
  });

  it("and everything that is wrong is named at once", () => {
    expect(problemsOf(storiesAnswer(4, { 0: { title: "" }, 2: { persona: "Nobody", effort: "M" } }))).toHaveLength(3);
  });

  it.each([[null], ["text"], [{}], [{ subtasks: [] }], [{ stories: "none" }]])("as %j", (candidate) => {
    expect(problemsOf(candidate)).toEqual(['The answer must be an object with a list named "stories".']);
  });

  it("with entries that are none", () => {
    expect(problemsOf({ stories: [1, ...storiesAnswer(4).stories] })).toEqual(["Story 1: it must be an object."]);
  });
});

it.each([
  ["LIGHTWEIGHT", "System", true],
  ["LIGHTWEIGHT", "Developer", false],
  ["CORE", "Developer", true],
  ["CORE", "QA engineer", false],
  ["FULL", "Support agent", true],
] as const)("in the set %s, %s is a persona: %s", (personaSet, persona, known) => {
  expect(problemsOf(storiesAnswer(5, { 0: { persona } }), { personaSet })).toHaveLength(known ? 0 : 1);
});
