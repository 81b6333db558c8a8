import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { uncoveredCriteria } from "../../src/generation/check-subtasks.ts";
import type { GeneratedSubtask, GenerationMode, StoryToSplit } from "../../src/generation/generator.ts";
import { SUBTASK_COUNTS } from "../../src/generation/modes.ts";
import { createOutlineGenerator } from "../../src/generation/outline.ts";
import { splitRequest, storyOfLine, storyToSplit } from "../support/split-requests.ts";

const MODES: readonly GenerationMode[] = ["COMPACT", "STANDARD", "DETAILED"];
const outline = createOutlineGenerator();

/** Splits twice, and holds the result against everything that is promised of it. The check itself is part of the split. */
async function split(story: StoryToSplit, mode: GenerationMode = "STANDARD"): Promise<readonly GeneratedSubtask[]> {
  const subtasks = await outline.splitStory(splitRequest({ story, mode }));
  expect(await outline.splitStory(splitRequest({ story, mode }))).toEqual(subtasks);
  expect(subtasks.length).toBeGreaterThanOrEqual(SUBTASK_COUNTS[mode].least);
  expect(subtasks.length).toBeLessThanOrEqual(SUBTASK_COUNTS[mode].most);
  expect(uncoveredCriteria(story, subtasks)).toEqual([]);
  for (const [index, subtask] of subtasks.entries()) {
    expect(subtask.dependsOn.every((place) => place < index)).toBe(true);
    expect(subtask.effort).not.toBe("XL");
    expect(subtask.title).toMatch(/^[A-Z][a-z]+ /u);
    expect(subtask.title + subtask.description).not.toMatch(/[{}]|undefined|null/u);
  }
  return subtasks;
}

function titlesOf(subtasks: readonly GeneratedSubtask[]): string[] {
  return subtasks.map((subtask) => subtask.title);
}

describe("the outline generator", () => {
  it("says that it is one, without a model and without limits", () => {
    expect(outline).toMatchObject({ name: "outline", model: null, limited: false });
  });

  it("spends nothing, and says so", async () => {
    const request = splitRequest();
    await outline.splitStory(request);
    expect(request.spent).toEqual([
      { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0 },
    ]);
  });

  it("shows each subtask as a draft, in order, before the set is there", async () => {
    const request = splitRequest({ mode: "STANDARD" });
    const subtasks = await outline.splitStory(request);
    expect(request.drafts).toEqual(
      subtasks.map(({ title, description, effort }, index) => ({ index, title, description, effort })),
    );
  });

  it("does nothing for a request that was aborted before, and throws its reason", async () => {
    const reason = new Error("cancelled");
    const request = splitRequest({ signal: AbortSignal.abort(reason) });
    await expect(outline.splitStory(request)).rejects.toBe(reason);
    expect(request.drafts).toEqual([]);
    expect(request.spent).toEqual([]);
  });

  it("stops between two drafts when it is aborted, and throws the reason", async () => {
    const cancel = new AbortController();
    const reason = new Error("cancelled");
    const request = splitRequest({ signal: cancel.signal });
    const shown: string[] = [];
    const splitting = outline.splitStory({
      ...request,
      onDraft: (draft) => {
        shown.push(draft.title);
        cancel.abort(reason);
      },
    });
    await expect(splitting).rejects.toBe(reason);
    expect(shown).toHaveLength(1);
  });
});

describe("a split", () => {
  it("is made of the story's own words", async () => {
    const story = storyOfLine(
      "As a Data Publishing User I want to be able to edit a dataset I have published So that I can correct existing data",
    );
    const subtasks = await split(story);
    expect(titlesOf(subtasks)).toEqual([
      "Open the dataset for change with its present values",
      "Let the data publishing user edit a dataset they have published",
      "Check changes to the dataset before they are saved",
      "Allow only those responsible for the dataset to change it",
      "Warn the data publishing user when the dataset was changed by somebody else meanwhile",
    ]);
    for (const { description, acceptanceCriteria } of subtasks) {
      expect(description).toContain("For the data publishing user, so that they can correct existing data.");
      expect(acceptanceCriteria.length).toBeGreaterThanOrEqual(2);
      expect(acceptanceCriteria.length).toBeLessThanOrEqual(4);
    }
    expect(subtasks.map((subtask) => subtask.dependsOn)).toEqual([[], [0], [0], [0], [1]]);
  });

  it.each([
    ["As a UI designer I want to redesign the Resources page", /sketch|contrast/iu, /store|database|migrat/iu],
    ["As a parent I want to see which counselors are assigned to my kids", /show|see/iu, /payment|file|sketch/iu],
    ["As a camp administrator I want to upload consent forms", /file/iu, /payment|sketch|log in/iu],
    ["As a camp administrator I want to delete campers from the database", /confirmation/iu, /file|payment|sketch/iu],
    ["As a Staff member I need to be notified when attributes change", /deliver/iu, /file|payment|sketch/iu],
    ["As a Visitor I want to sign up via github or google", /signed in/iu, /sketch|payment|file/iu],
    ["As a Consumer I want to download a data package", /file/iu, /sketch|payment|confirmation/iu],
    ["As an Applicant I want to pay a fee", /payment/iu, /sketch|file/iu],
    ["As an API User I want to be able to normalise measures by population", /interface/iu, /phone|page|sketch/iu],
    ["As a UI designer I want to begin user testing", /questions/iu, /store|file|screen reader/iu],
    ["As an agency user I want validations run in a reasonable amount of time", /measure/iu, /sketch|payment/iu],
  ])("has the kinds of work that suit it: %s", async (line, expected, unexpected) => {
    const titles = titlesOf(await split(storyOfLine(line), "STANDARD")).join("\n");
    expect(titles).toMatch(expected);
    expect(titles).not.toMatch(unexpected);
  });

  it("takes over the story's criteria word for word, each where it belongs", async () => {
    const story = storyToSplit({
      acceptanceCriteria: [
        "Only owners can edit a dataset",
        "An error is shown when the title is missing",
        "The user can undo the last edit",
      ],
    });
    const subtasks = await split(story);
    for (const [index, criterion] of story.acceptanceCriteria.entries()) {
      const serving = subtasks.filter((subtask) => subtask.coversCriteria.includes(index));
      expect(serving).toHaveLength(1);
      expect(serving[0]?.acceptanceCriteria).toContain(criterion);
    }
    const rights = subtasks.find((subtask) => subtask.title.startsWith("Allow only"));
    expect(rights?.coversCriteria).toEqual([0]);
  });

  it("makes work of its own of criteria that nothing else serves", async () => {
    const story = storyToSplit({
      acceptanceCriteria: ["Each dataset has a colour", "The dataset is translated to Welsh"],
    });
    expect(titlesOf(await split(story))).toEqual(
      expect.arrayContaining(["Ensure that each dataset has a colour", "Translate the dataset to Welsh"]),
    );
  });

  it("has efforts that add up to about the story's", async () => {
    const hours = { XS: 0.5, S: 1.5, M: 3, L: 6, XL: 10 };
    const sum = async (effort: StoryToSplit["effort"]) =>
      (await split(storyToSplit({ effort }))).reduce((total, subtask) => total + hours[subtask.effort], 0);
    const sums = [await sum("XS"), await sum("S"), await sum("M"), await sum("L"), await sum("XL")];
    expect(sums).toEqual([...sums].sort((a, b) => a - b));
    expect(sums[0]).toBeLessThan(4);
    expect(sums[4]).toBeGreaterThan(8);
  });

  it("is another one beside an earlier one, which stays sensible for a while and valid for ever", async () => {
    let story = storyOfLine(
      "As a camp administrator I want to be able to add campers so that I can keep track of them",
      {
        acceptanceCriteria: ["Names are unique", "A camper can be added by phone"],
      },
    );
    for (let round = 0; round < 12; round++) {
      const subtasks = await split(story, MODES[round % 3]);
      if (round < 2) expect(titlesOf(subtasks).join("\n")).not.toMatch(/round/u);
      story = { ...story, existingSubtasks: [...story.existingSubtasks, ...subtasks] };
    }
  });

  it.each([
    ["Russian", "Создать отчёт о продажах за месяц"],
    ["Japanese", "商品を検索する"],
    ["Arabic", "إنشاء تقرير المبيعات الشهرية"],
    ["German", "Als Kunde möchte ich meine Bestellung verfolgen"],
    ["emoji", "🎉👩‍👩‍👧‍👦🎉"],
    ["punctuation", "—"],
    ["braces of its own", "{one} {who} ${many} $& $1"],
    ["one long word", "x".repeat(200)],
    ["long words of emoji", "👩‍👩‍👧‍👦".repeat(18)],
    ["nothing but wanting", "I want"],
  ])("is made of %s too", async (_, title) => {
    for (const mode of MODES) {
      const subtasks = await outline.splitStory(
        splitRequest({
          mode,
          story: storyToSplit({ title, narrative: title, persona: title, acceptanceCriteria: [title, "\u200f"] }),
        }),
      );
      expect(uncoveredCriteria({ acceptanceCriteria: [title, "-"] }, subtasks)).toEqual([]);
    }
  });

  it("leaves text in other languages as it is", async () => {
    const titles = titlesOf(await split(storyToSplit({ title: "Создать отчёт о продажах" }), "COMPACT"));
    expect(titles).toContain("Deliver “Создать отчёт о продажах”");
  });
});

describe("every split of random text passes the check", () => {
  const pieces = [
    "As a ",
    "I want to ",
    "so that ",
    "I ",
    "edit ",
    "delete ",
    "the ",
    "a ",
    "datasets ",
    "and ",
    "of ",
    "Given ",
    "then ",
    "can ",
    "is shown ",
    "must ",
    "“",
    "”",
    "{one}",
    "$&",
    "\n",
    "\t",
    "  ",
    "\0",
    "\uD800",
    "\uDC00",
    "👩‍👩‍👧",
    "é́́",
    "‮",
    "ß",
    "İ",
    "日本",
    "-",
    "…",
    "ing ",
    "s ",
    "1",
    ".",
    ",",
  ];

  it.each([1, 2, 3, 4])("with seed %i", async (seed) => {
    const random = randomNumbers(seed);
    const text = (most: number) =>
      Array.from(
        { length: Math.floor(random() * most) },
        () => pieces[Math.floor(random() * pieces.length)] ?? "",
      ).join("");
    for (let run = 0; run < 150; run++) {
      const story = storyToSplit({
        title: text(20).slice(0, 200),
        persona: random() < 0.5 ? null : text(10),
        narrative: random() < 0.5 ? null : text(60),
        acceptanceCriteria: Array.from({ length: Math.floor(random() * 51) }, () => text(30).slice(0, 1_000)),
        effort: random() < 0.5 ? null : "L",
      });
      for (const mode of MODES) {
        const subtasks = await outline.splitStory(splitRequest({ story, mode }));
        expect(uncoveredCriteria(story, subtasks)).toEqual([]);
      }
    }
  });
});

const BACKLOGS = new URL("../../../shared/data/backlogs/", import.meta.url);
const there = existsSync(BACKLOGS);

describe.skipIf(!there)(
  `every split of the real backlogs passes the check${there ? "" : " (skipped: ../shared/data/backlogs is not there)"}`,
  () => {
    const lines = there
      ? readdirSync(BACKLOGS).flatMap((file) =>
          readFileSync(new URL(file, BACKLOGS), "utf8")
            .split(/\r?\n/u)
            .filter((line) => line.trim() !== ""),
        )
      : [];

    it.each(MODES)("in mode %s, with 0 to 50 criteria", async (mode) => {
      for (const [index, line] of lines.entries()) {
        for (const count of [0, index % 51, (index * 7 + 13) % 51]) {
          const acceptanceCriteria = Array.from(
            { length: count },
            (_, place) => lines[(index + 17 * place) % lines.length] ?? "",
          );
          await split(storyOfLine(line, { acceptanceCriteria }), mode);
        }
      }
    });

    it("and stories that want different things get different subtasks", async () => {
      const byTitles = new Map<string, Set<string>>();
      for (const line of lines) {
        const story = storyOfLine(line);
        const titles = titlesOf(await split(story, "COMPACT")).join("\n");
        byTitles.set(titles, (byTitles.get(titles) ?? new Set()).add(story.title));
      }
      expect([...byTitles.values()].filter((stories) => stories.size > 1)).toEqual([]);
    });
  },
);

/** The same numbers for the same seed: a test that fails has to fail again. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
