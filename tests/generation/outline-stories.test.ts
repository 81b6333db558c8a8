import { describe, expect, it } from "vitest";
import type { EpicToFill, GenerationMode, PersonaSet } from "../../src/generation/generator.ts";
import { STORY_COUNTS } from "../../src/generation/modes.ts";
import { createOutlineGenerator } from "../../src/generation/outline.ts";
import { PERSONAS } from "../../src/generation/personas.ts";
import { epicToFill, fillRequest } from "../support/fill-requests.ts";

const outline = createOutlineGenerator();
const TITLES = [
  "Lending desk & reservations",
  "Billing",
  "Manage camps",
  "予約管理",
  "Überweisungen",
  "Epic 1",
  "?",
  "API",
];
const DESCRIPTION = `Members can renew a loan online so that they need not come by.
Librarians must be able to block an overdue card. Administrators can set opening hours.
- export the loans as CSV
This epic matters a lot. Guests may not reserve.`;

function titlesOf(told: Partial<EpicToFill>, mode: GenerationMode = "STANDARD", personaSet: PersonaSet = "CORE") {
  return outline
    .fillEpic(fillRequest({ epic: epicToFill(told), mode, personaSet }))
    .then((set) => set.map((s) => s.title));
}

describe("the outline's stories", () => {
  const all = (["LIGHTWEIGHT", "CORE", "FULL"] as const).flatMap((set) =>
    (["COMPACT", "STANDARD", "DETAILED"] as const).map((mode) => [set, mode] as const),
  );
  it.each(all)(
    "for the personas %s in mode %s pass the check, whatever the epic is called",
    async (personaSet, mode) => {
      for (const title of TITLES) {
        for (const description of [null, DESCRIPTION, "x".repeat(20_000), "- add a thing\n".repeat(50)]) {
          const set = await outline.fillEpic(
            fillRequest({ epic: epicToFill({ title, description }), mode, personaSet }),
          );
          expect(set.length).toBeGreaterThanOrEqual(STORY_COUNTS[mode].least);
          expect(set.length).toBeLessThanOrEqual(STORY_COUNTS[mode].most);
          expect(set.every(({ narrative }) => /^As (?:an?|the) .+, I want to .+, so that .+\.$/u.test(narrative))).toBe(
            true,
          );
          expect(set.every(({ title: each }) => !/[{}]|undefined/u.test(each))).toBe(true);
        }
      }
    },
  );

  it("begin with what the description asks for, for whom it says, and leave out what it forbids", async () => {
    const set = await outline.fillEpic(
      fillRequest({ epic: epicToFill({ description: DESCRIPTION }), mode: "STANDARD" }),
    );
    expect(set.slice(0, 4).map(({ title, persona }) => [title, persona])).toEqual([
      ["Renew a loan online", "End user"],
      ["Block an overdue card", "End user"],
      ["Set opening hours", "Administrator"],
      ["Export the loans as CSV", "End user"],
    ]);
    expect(set[0]?.narrative).toBe("As an end user, I want to renew a loan online, so that they need not come by.");
    expect(set.map(({ title }) => title).join()).not.toMatch(/matters|reserve\b/u);
  });

  it("speak of what the epic's title is about", async () => {
    const titles = (await titlesOf({ title: "Lending desk & reservations" })).join("\n");
    expect(titles).toMatch(/Add a reservation/u);
    expect(titles).toMatch(/lending desks/u);
    expect((await titlesOf({ title: "Manage camps" })).join("\n")).toMatch(/See all camps/u);
  });

  it("are the same each time, and others for another epic", async () => {
    const once = await titlesOf({ title: "Camps" });
    expect(await titlesOf({ title: "Camps" })).toEqual(once);
    const other = await titlesOf({ title: "Invoices" });
    expect(other.filter((title) => once.includes(title))).toEqual([]);
  });

  it("repeat none that the epic has, however many it has", async () => {
    const existing = new Set<string>();
    for (let round = 0; round < 6; round++) {
      const existingStories = [...existing].map((title) => ({ title: title.toUpperCase(), narrative: null }));
      for (const title of await titlesOf({ existingStories }, "DETAILED", "LIGHTWEIGHT")) {
        expect(existing.has(title)).toBe(false);
        existing.add(title);
      }
    }
    expect(existing.size).toBeGreaterThanOrEqual(72);
  });

  it("have all personas of the set in a fine split", async () => {
    const set = await outline.fillEpic(fillRequest({ mode: "DETAILED", personaSet: "FULL" }));
    expect(new Set(set.map(({ persona }) => persona))).toEqual(new Set(PERSONAS.FULL));
  });

  it("are shown as drafts and cost nothing", async () => {
    const request = fillRequest();
    const set = await outline.fillEpic(request);
    expect(request.drafts).toEqual(
      set.map(({ title, narrative, effort }, index) => ({ index, title, description: narrative, effort })),
    );
    expect(request.spent).toEqual([
      { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0 },
    ]);
  });

  it("end with the signal's reason", async () => {
    const reason = new Error("cancelled");
    const cancel = new AbortController();
    const request = { ...fillRequest({ signal: cancel.signal }), onDraft: () => cancel.abort(reason) };
    await expect(outline.fillEpic(request)).rejects.toBe(reason);
  });
});
