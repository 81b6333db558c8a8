import { describe, expect, it } from "vitest";
import { formatCursor, parseCursor } from "../../src/pubsub/cursor.ts";

const RUN = "01900000-0000-7000-8000-00000000000a";
const OTHER = "01900000-0000-7000-8000-00000000000b";
const encode = (text: string) => Buffer.from(text).toString("base64url");

describe("a cursor", () => {
  it.each([0, 1, 17, 999_999_999])("gives back its event's number, %i", (seq) => {
    expect(parseCursor(RUN, formatCursor(RUN, seq))).toBe(seq);
  });

  it("is opaque, and good in a URL", () => {
    expect(formatCursor(RUN, 12)).toMatch(/^[\w-]+$/);
  });

  it.each([
    ["nothing", ""],
    ["some words", "the last event"],
    ["a number", "12"],
    ["another run's", formatCursor(OTHER, 12)],
    ["one without a number", encode(`${RUN}:`)],
    ["one with a negative number", encode(`${RUN}:-1`)],
    ["one with a fraction", encode(`${RUN}:1.5`)],
    ["one beyond all numbers", encode(`${RUN}:99999999999999999999`)],
    ["one with something behind", encode(`${RUN}:1:2`)],
    ["one that is spelled in another way", encode(`${RUN}:007`)],
    ["one with signs in between", `${formatCursor(RUN, 12)}==`],
    ["one with NUL", encode(`${RUN}:1\0`)],
    ["a megabyte", "A".repeat(1_000_000)],
  ])("is refused as BAD_CURSOR when it is %s", (_name, cursor) => {
    expect(() => parseCursor(RUN, cursor)).toThrow(expect.objectContaining({ extensions: { code: "BAD_CURSOR" } }));
  });
});
