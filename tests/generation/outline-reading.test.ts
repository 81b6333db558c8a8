import { describe, expect, it } from "vitest";
import { criterionTitle } from "../../src/generation/outline/criterion-title.ts";
import { readStory } from "../../src/generation/outline/read-story.ts";
import { storyOfLine, storyToSplit } from "../support/split-requests.ts";

describe("a story's sentence is read for who, what and what for", () => {
  it.each([
    [
      "As a Data Publishing User I want to be able to edit a dataset I have published  So that I can correct or enhance existing data",
      {
        who: "data publishing user",
        verb: "edit",
        object: "a dataset they have published",
        kind: "edit",
        benefit: "they can correct or enhance existing data",
      },
      "dataset",
    ],
    [
      "as an applicant, i want to Check the Status of a transaction",
      { verb: "check the status of", kind: "view" },
      "transaction",
    ],
    [
      "As a DeveloperI want to quickly access Broker application data",
      { who: "developer", verb: "access", kind: "data" },
      "Broker application data",
    ],
    [
      "As a camp worker I'm able to report a camper to the manager",
      { who: "camp worker", verb: "report", kind: "create" },
      "camper",
    ],
    [
      "As an Applicant I want to Submit Application",
      { verb: "submit", object: "application", kind: "create" },
      "application",
    ],
    [
      "As an Agency user I want FABS deployed into production so I can submit my data",
      { verb: null, kind: "operations", benefit: "they can submit their data" },
      "FABS",
    ],
    [
      "As a FABS user I want the frontend URLs to reflect the page I'm accessing",
      { verb: null, kind: "design" },
      "frontend URL",
    ],
    [
      "As a UI designer I want to move on to round 2 of the Help page edits",
      { verb: "move on to", kind: "design" },
      "Help page edit",
    ],
    ["As an API User I want to get a set of monetary measures", { verb: "get", kind: "integrate" }, "monetary measure"],
    ["As a parent I want to see which counselors are assigned to my kids", { verb: "see", kind: "view" }, "counselor"],
    ["As a parent I want to sign and submit consent forms online", { verb: "sign", kind: "create" }, "consent form"],
    [
      "As a user I don't want to see NASA grants displayed as contracts",
      { denied: true, kind: "validate" },
      "NASA grant",
    ],
  ])("%s", (line, expected, one) => {
    const reading = readStory(storyOfLine(line));
    expect(reading).toMatchObject(expected);
    expect(reading.thing?.one).toBe(one);
  });

  it("counts what can be counted, and only that", () => {
    const thing = (title: string) => readStory(storyToSplit({ title })).thing;
    expect(thing("Add my children")).toMatchObject({ one: "child", many: "children" });
    expect(thing("Enter the addresses")).toMatchObject({ one: "address", many: "addresses" });
    expect(thing("Report a list of supplies")).toMatchObject({ one: "list of supplies", many: "lists of supplies" });
    expect(thing("Give feedback")).toMatchObject({ one: "feedback", many: "feedback", counted: false });
  });

  it("takes the persona that the story names over the one in its sentence", () => {
    const story = storyOfLine("As a user I want to pay", { persona: "The Camp Parent" });
    expect(readStory(story).who).toBe("camp parent");
  });

  it("reads a heading as well as a sentence", () => {
    expect(readStory(storyToSplit({ title: "Editing profiles" }))).toMatchObject({ verb: "edit", kind: "edit" });
    expect(readStory(storyToSplit({ title: "Dataset editing" }))).toMatchObject({ verb: "edit", object: "dataset" });
    expect(readStory(storyToSplit({ title: "Password reset" }))).toMatchObject({ verb: null, kind: "signUp" });
  });

  it("makes nothing of what is not English", () => {
    expect(readStory(storyToSplit({ title: "Meine Bestellung verfolgen" }))).toMatchObject({
      verb: null,
      thing: null,
      kind: "general",
      who: "user",
    });
  });
});

it.each([
  ["The user can filter by year", "Let the user filter by year"],
  ["I can filter by year", "Let the parent filter by year"],
  ["Only owners can delete a dataset", "Let only owners delete a dataset"],
  ["A guest cannot see hidden entries.", "Keep a guest from seeing hidden entries"],
  ["An error is shown when the file is empty", "Show an error when the file is empty"],
  ["All fields must be validated", "Validate all fields"],
  ["Export must finish within 10 seconds", "Make export finish within 10 seconds"],
  ["The list shows title and date", "Make the list show title and date"],
  ["1. Validate the email address", "Validate the email address"],
  ["Given a form, when it is sent, then the data is saved", "Save the data"],
  ["Name is unique", "Ensure that name is unique"],
  ["Sorting by date and name", "Provide sorting by date and name"],
  ["Nur Eigentümer dürfen löschen", "Meet “Nur Eigentümer dürfen löschen”"],
  ["Пользователь видит итог", "Meet “Пользователь видит итог”"],
])("a criterion asks for a task: %s", (criterion, task) => {
  expect(criterionTitle(criterion, "the parent")).toBe(task);
});
