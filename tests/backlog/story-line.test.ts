import { describe, expect, it } from "vitest";
import { parseStoryLine } from "../../src/backlog/story-line.ts";

/** Persona and title of a line that is a story; null for one that is not. */
function read(line: string): [string | null, string] | null {
  const { isStory, persona, title } = parseStoryLine(line);
  return isStory ? [persona, title] : null;
}

describe("a line of the form “As a … I want … so that …”", () => {
  it("gives the want clause as title, the who as persona and itself as narrative", () => {
    const line = "As a camp administrator, I want to add campers, so that I can keep track of each one.";
    expect(parseStoryLine(line)).toEqual({
      title: "Add campers",
      persona: "camp administrator",
      narrative: line,
      isStory: true,
    });
  });

  it.each([
    ["As a user I want to log in so that I am known", "user", "Log in"],
    ["As an admin, I want to see all users", "admin", "See all users"],
    ["as a user, i want to log in, so that i am known", "user", "Log in"],
    ["AS AN ADMIN I WANT TO SEE ALL USERS SO THAT NONE IS LOST", "ADMIN", "SEE ALL USERS"],
    ["As a user I want a landing page; so that I find my way", "user", "A landing page"],
    ["As the owner I want reports", "owner", "Reports"],
    ["As a parent, guardian or coach, I want a calendar", "parent, guardian or coach", "A calendar"],
    ["As  a \t user  I   want to  log   in", "user", "Log in"],
    ["As a team, we want to see our work", "team", "See our work"],
  ])("may come in any case, with commas or none: %s", (line, persona, title) => {
    expect(read(line)).toEqual([persona, title]);
  });

  it.each([
    ["As a clerk I need to be notified", "Be notified"],
    ["As a clerk I'd like to print", "Print"],
    ["As a clerk, I would like a printer", "A printer"],
    ["As a clerk I would also like to print", "Print"],
    ["As a clerk I wish to print", "Print"],
    ["As a clerk I also want to print", "Print"],
    ["As a clerk I can print", "Print"],
    ["As a clerk I should be able to print", "Be able to print"],
    ["As a clerk I want to be able to print", "Be able to print"],
    ["As a clerk I’m able to print", "Print"],
    ["As a clerk I don't want to see ads", "Don't want to see ads"],
    ["As a clerk I do not want ads", "Do not want ads"],
    ["As a clerk I only want the latest", "Only want the latest"],
    ["As a clerk I want more information about what I need", "More information about what I need"],
  ])("says what is wanted in more ways than one: %s", (line, title) => {
    expect(read(line)).toEqual(["clerk", title]);
  });

  it.each([
    ["As a clerk I want to print so that that I have it", "Print"],
    ["As a clerk I want to print so I have it", "Print"],
    ["As a clerk I want to print, so-that I have it", "Print"],
    ["As a clerk I want a way so clerks can print  so that I have it", "A way so clerks can print"],
    ["As a clerk I want a sofa that folds", "A sofa that folds"],
    ["As a clerk I want to print.", "Print"],
    ["As a clerk I want “later” as a choice", "“Later” as a choice"],
    ["As a clerk I want 12 forms", "12 forms"],
    ["As a clerk I want écrans", "Écrans"],
  ])("ends what is wanted where the reason begins: %s", (line, title) => {
    expect(read(line)).toEqual(["clerk", title]);
  });

  it.each([
    ["As anInspector I want to inspect", "Inspector", "Inspect"],
    ["As a DeveloperI want to develop", "Developer", "Develop"],
    ["- As a user I want to log in", "user", "Log in"],
    ["12. As a user I want to log in", "user", "Log in"],
  ])("is known with the slips of real backlogs: %s", (line, persona, title) => {
    expect(read(line)).toEqual([persona, title]);
  });

  it("has a narrative without the mark of the list that it stood in", () => {
    expect(parseStoryLine("* As a user I want to log in").narrative).toBe("As a user I want to log in");
  });

  it("has a narrative with the spaces that were sent", () => {
    expect(parseStoryLine("As a user I want  to log in").narrative).toBe("As a user I want  to log in");
  });

  it("has a title cut at a word at 200 characters", () => {
    const { title, narrative } = parseStoryLine(`As a user I want ${"word ".repeat(60)}`.trim());
    expect(title).toBe(`Word ${"word ".repeat(39).trim()}…`);
    expect(title).toHaveLength(200);
    expect(narrative).toHaveLength(16 + 60 * 5);
  });
});

describe("any other line", () => {
  it.each([
    "Add campers",
    "  the system shall log  everything",
    "As a matter of fact",
    "As a user",
    "As a user I want",
    "As a user I want so that I can",
    "As another user I want to log in",
    "Asa user I want to log in",
    "- Add campers.",
    "In order to log in, as a user, I want a form",
  ])("is the title as it is: %s", (line) => {
    expect(parseStoryLine(line)).toEqual({ title: line, persona: null, narrative: null, isStory: false });
  });

  it("keeps all of its text where that is too long for a title", () => {
    const line = "word ".repeat(50).trim();
    expect(parseStoryLine(line)).toEqual({
      title: `${"word ".repeat(40).trim()}…`,
      persona: null,
      narrative: line,
      isStory: false,
    });
  });
});

describe("a line made to be slow", () => {
  it.each([
    "As a " + ",".repeat(4_990),
    "As a " + "I ".repeat(2_490),
    "As a I want " + "so ".repeat(1_660),
    "As a x I want ," + " ,".repeat(2_490),
  ])("is read as fast as any other", (line) => {
    const started = performance.now();
    for (let round = 0; round < 100; round++) parseStoryLine(line);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
