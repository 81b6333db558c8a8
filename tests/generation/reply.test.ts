import { describe, expect, it } from "vitest";
import { createReplyReader } from "../../src/generation/anthropic/reply.ts";

/** What a reply took, as far as its stream got. */
function tokensAfter(...events: readonly unknown[]) {
  const reader = createReplyReader(() => {});
  for (const event of events) reader.takeEvent(event);
  return reader.reply.tokens;
}

const starts = (output_tokens: number) => ({
  type: "message_start",
  message: { usage: { input_tokens: 70, output_tokens } },
});
const writes = (text: string) => ({ type: "content_block_delta", delta: { type: "text_delta", text } });
const ends = (usage: unknown) => ({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage });

describe("what a reply took", () => {
  it("is what its end tells, however long it is", () => {
    const told = tokensAfter(starts(1), writes("words ".repeat(900)), ends({ output_tokens: 12 }));
    expect(told).toMatchObject({ inputTokens: 70, outputTokens: 12 });
  });

  it.each<[string, readonly unknown[]]>([
    ["it breaks off", []],
    ["its end tells of something else only", [ends({ input_tokens: 70 })]],
  ])("is reckoned from the length of what came where %s", (_, rest) => {
    expect(tokensAfter(starts(1), writes("words ".repeat(100)), ...rest)?.outputTokens).toBeGreaterThan(150);
  });

  it("is never less than what was told", () => {
    expect(tokensAfter(starts(500), writes("words"))).toMatchObject({ inputTokens: 70, outputTokens: 500 });
  });

  it("is more for scripts that take more bytes a character", () => {
    const [latin, japanese] = ["a".repeat(90), "の".repeat(90)].map((text) => tokensAfter(starts(1), writes(text)));
    expect(japanese?.outputTokens).toBeGreaterThan(2 * (latin?.outputTokens ?? 0));
  });

  it("is nothing where nothing came", () => {
    expect(tokensAfter()).toBeNull();
  });
});
