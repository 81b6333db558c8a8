import { expect, test } from "vitest";
import { DocumentCache } from "../../src/server/document-cache.ts";

test("what was used last is kept, and the rest goes", () => {
  const cache = new DocumentCache<number>();
  for (let number = 0; number < 500; number++) cache.set(`{ f${number} }`, number);
  expect(cache.get("{ f0 }")).toBe(0);
  cache.set("{ one more }", 500);
  expect(cache.get("{ f0 }")).toBe(0);
  expect(cache.get("{ f1 }")).toBeUndefined();
  expect(cache.get("{ one more }")).toBe(500);
});

test("a document with megabytes in it is not kept", () => {
  const cache = new DocumentCache<number>();
  const document = `{ length(text: "${"x".repeat(2_000_000)}") }`;
  cache.set(document, 1);
  expect(cache.get(document)).toBeUndefined();
});
