import { expect, it } from "vitest";
import { draftOf, storyDraftOf } from "../../src/generation/drafts.ts";

it("shows what is there of an entry, at its place in the answer", () => {
  const told = { title: " Store\nit ", description: " Keep. ", effort: "S" };
  expect(draftOf(told, 0)).toEqual({ index: 0, title: "Store it", description: "Keep.", effort: "S" });
  expect(draftOf({ title: "Show it" }, 2)).toEqual({ index: 2, title: "Show it", description: "", effort: null });
});

it("shows a story by its narrative, where it has one", () => {
  const told = { title: "Pay", description: "How one pays.", effort: "S" };
  const narrative = "As a user, I want to pay, so that I get it.";
  expect(storyDraftOf({ ...told, narrative }, 1)).toEqual({
    index: 1,
    title: "Pay",
    description: narrative,
    effort: "S",
  });
  expect(storyDraftOf({ ...told, narrative: " " }, 1)).toMatchObject({ description: "How one pays." });
  expect(storyDraftOf({ narrative }, 1)).toBeNull();
});

it("shows no effort that there is not", () => {
  expect(draftOf({ title: "Store it", effort: "HUGE" }, 3)).toEqual({
    index: 3,
    title: "Store it",
    description: "",
    effort: null,
  });
});

it.each([[null], ["text"], [1], [{ description: "no title" }], [{ title: 2 }], [{ title: "\0 " }]])(
  "shows nothing of %j",
  (entry) => {
    expect(draftOf(entry, 0)).toBeNull();
  },
);

it("shows only what can be sent on, cut to what could be stored", () => {
  const draft = draftOf({ title: `a\0\uD83C ${"word ".repeat(60)}`, description: "y".repeat(20_001) }, 0);
  expect(draft?.title).toMatch(/^a\uFFFD word .*word…$/u);
  expect([...(draft?.title ?? "")].length).toBeLessThanOrEqual(200);
  expect(draft?.description).toHaveLength(20_000);
});
