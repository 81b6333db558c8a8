import { expect, it } from "vitest";
import { draftOf, draftsOf } from "../../src/generation/drafts.ts";

it("shows what is there of each entry, at its place in the answer", () => {
  const candidate = {
    subtasks: [
      { title: " Store\nit ", description: " Keep. ", effort: "S" },
      { description: "no title" },
      { title: "Show it" },
    ],
  };
  expect(draftsOf(candidate)).toEqual([
    { index: 0, title: "Store it", description: "Keep.", effort: "S" },
    { index: 2, title: "Show it", description: "", effort: null },
  ]);
});

it("shows no effort that there is not", () => {
  expect(draftOf({ title: "Store it", effort: "HUGE" }, 3)).toEqual({
    index: 3,
    title: "Store it",
    description: "",
    effort: null,
  });
});

it.each([[null], ["text"], [{ subtasks: 4 }], [{ subtasks: [1, null, { title: 2 }, { title: "\0 " }] }]])(
  "shows nothing of %j",
  (candidate) => {
    expect(draftsOf(candidate)).toEqual([]);
  },
);

it("shows only what can be sent on, cut to what could be stored", () => {
  const draft = draftOf({ title: `a\0\uD83C ${"word ".repeat(60)}`, description: "y".repeat(20_001) }, 0);
  expect(draft?.title).toMatch(/^a\uFFFD word .*word…$/u);
  expect([...(draft?.title ?? "")].length).toBeLessThanOrEqual(200);
  expect(draft?.description).toHaveLength(20_000);
});
