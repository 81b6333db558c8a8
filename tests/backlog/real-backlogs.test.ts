import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readLines } from "../../src/backlog/imported-lines.ts";
import { REAL_BACKLOGS } from "../support/real-backlogs.ts";

function read(file: string) {
  const content = readFileSync(new URL(file, REAL_BACKLOGS ?? ""), "utf8");
  const lines = content.split("\r\n").map((line) => line.trim());
  return { lines, ...readLines(content) };
}

describe.skipIf(REAL_BACKLOGS === null)("real backlogs (skipped where ../shared/data/backlogs is not there)", () => {
  it.each([
    ["g02-federalspending.txt", 97, [12, 43]],
    ["g03-loudoun.txt", 58, [41]],
    ["g05-openspending.txt", 53, []],
    ["g12-camperplus.txt", 55, [13]],
    ["g14-datahub.txt", 67, []],
  ])("%s: every line is a story with persona, title and itself as narrative", (file, count, duplicates) => {
    const { lines, stories, warnings } = read(file);
    expect(stories).toHaveLength(count);
    expect(stories.filter((story) => !story.isStory)).toEqual([]);
    expect(stories.map((story) => story.narrative)).toEqual(lines.filter((line) => line !== ""));
    expect(warnings.map((warning) => warning.line)).toEqual(duplicates);
    for (const { title, persona } of stories) {
      expect(title).toMatch(/^[\p{Lu}\d]/u);
      expect(title).not.toMatch(/so that|^(I|To|Want) |[ ,.]$/);
      expect(persona).toMatch(/^\p{L}[\p{L} ]+$/u);
      expect(persona).not.toMatch(/ (I|want|we)( |$)/);
    }
  });

  it("reads the ones with slips", () => {
    const stories = ["g02-federalspending.txt", "g03-loudoun.txt", "g12-camperplus.txt"].flatMap(
      (file) => read(file).stories,
    );
    const byTitle = new Map(stories.map((story) => [story.title, story.persona]));
    expect(byTitle.get("Quickly access Broker application data")).toBe("Developer");
    expect(byTitle.get("Conduct Inspections")).toBe("Inspector");
    expect(byTitle.get("FABS deployed into production")).toBe("Agency user");
    expect(byTitle.get("Be able to add campers")).toBe("camp administrator");
    expect(byTitle.get("Report necessary repairs to the manager that the camp is needed of")).toBe("camp worker");
    expect(byTitle.get("Don't want to see NASA grants displayed as contracts")).toBe("user");
  });
});
