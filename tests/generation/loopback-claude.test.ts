import { Anthropic, APIError } from "@anthropic-ai/sdk";
import { describe, expect, it } from "vitest";
import { breaksOff, overloaded, webPage } from "../support/loopback-claude/known-failures.ts";
import { says } from "../support/loopback-claude/replies.ts";
import { startLoopbackClaude, type LoopbackOptions } from "../support/loopback-claude/server.ts";

/** The server with the real SDK at its other end. */
async function start(options: LoopbackOptions = {}) {
  const claude = await startLoopbackClaude(options);
  const client = new Anthropic({ apiKey: "any", baseURL: claude.baseURL, maxRetries: 0, logLevel: "off" });
  return { claude, client, [Symbol.asyncDispose]: () => claude.close() };
}

const PARAMS = {
  model: "claude-sonnet-5-5",
  max_tokens: 1000,
  messages: [{ role: "user" as const, content: "Hello" }],
};
const cached = (text: string, own: string) => ({
  ...PARAMS,
  messages: [
    {
      role: "user" as const,
      content: [
        { type: "text" as const, text, cache_control: { type: "ephemeral" as const } },
        { type: "text" as const, text: own },
      ],
    },
  ],
});

describe("the loopback Claude, seen by the SDK", () => {
  it("streams a message with thinking first and its totals at the end", async () => {
    await using server = await start();
    server.claude.script(says("Good morning to you all.", { charactersPerDelta: 3 }));
    const events: string[] = [];
    const stream = server.client.messages.stream(PARAMS).on("streamEvent", ({ type }) => void events.push(type));
    const message = await stream.finalMessage();
    expect(message).toMatchObject({
      id: "msg_1",
      role: "assistant",
      model: "claude-sonnet-5-5",
      content: [{ type: "thinking" }, { type: "text", text: "Good morning to you all." }],
      stop_reason: "end_turn",
      usage: { input_tokens: 3, output_tokens: 13, service_tier: "standard" },
    });
    expect([events[0], events.at(-2), events.at(-1)]).toEqual(["message_start", "message_delta", "message_stop"]);
    expect(server.claude.billed).toMatchObject({ answers: 1, inputTokens: 3, outputTokens: 13 });
  });

  it("answers as a whole where no stream is asked for, and counts tokens as it bills them", async () => {
    await using server = await start();
    const message = await server.client.messages.create(PARAMS);
    const { input_tokens } = await server.client.messages.countTokens({ ...PARAMS, ...{ max_tokens: undefined } });
    expect(message.usage.input_tokens).toBe(input_tokens);
    expect(message._request_id).toBe("req_1");
  });

  it.each([
    ["an overload", overloaded(), { status: 529, type: "overloaded_error", requestID: "req_1" }],
    ["a broken socket", breaksOff("Good morning", "destroy"), { message: "terminated" }],
    [
      "an early end",
      breaksOff("Good morning", "end"),
      { message: expect.stringMatching(/without producing a Message/u) },
    ],
    [
      "an error in mid-stream",
      breaksOff("Good morning", { type: "overloaded_error", message: "Overloaded" }),
      { status: undefined, type: "overloaded_error" },
    ],
    ["a web page", webPage(), { message: expect.stringMatching(/without sending any chunks/u) }],
    [
      "a stream that names no events",
      says("Good morning", { unnamed: true }),
      { message: expect.stringMatching(/without sending any chunks/u) },
    ],
  ])("fails as the API does: %s", async (_, reply, error) => {
    await using server = await start();
    server.claude.script(reply);
    await expect(server.client.messages.stream(PARAMS).finalMessage()).rejects.toMatchObject(error);
  });
});

describe("its pace", () => {
  it("is as slow as it is told to be", async () => {
    await using server = await start({ latencyMs: 60, tokensPerSecond: 200 });
    server.claude.script(says("x".repeat(80), { thinking: null }));
    const began = performance.now();
    await server.client.messages.stream(PARAMS).finalMessage();
    const took = performance.now() - began;
    expect(took).toBeGreaterThan(60 + 80);
    expect(took).toBeLessThan(5_000);
  });
});

describe("its prompt cache", () => {
  const shared = "What all requests share. ".repeat(100);

  it("bills a marked prefix once, and reads it for as long as it is used every five minutes", async () => {
    let now = 0;
    await using server = await start({ now: () => now });
    const usageOf = async (own: string) => (await server.client.messages.create(cached(shared, own))).usage;
    const first = await usageOf("One.");
    expect(first).toMatchObject({ input_tokens: 1, cache_read_input_tokens: 0 });
    expect(first.cache_creation_input_tokens).toBeGreaterThan(600);
    now += 299_000;
    const second = await usageOf("Another one.");
    expect(second).toMatchObject({ input_tokens: 3, cache_creation_input_tokens: 0 });
    expect(second.cache_read_input_tokens).toBe(first.cache_creation_input_tokens);
    now += 299_000;
    expect((await usageOf("One.")).cache_read_input_tokens).toBe(first.cache_creation_input_tokens);
    now += 301_000;
    expect((await usageOf("One.")).cache_read_input_tokens).toBe(0);
  });

  it("keeps nothing that differs by a byte, is of another model, or is too short", async () => {
    await using server = await start();
    const readBy = async (params: Anthropic.MessageCreateParamsNonStreaming) =>
      (await server.client.messages.create(params)).usage.cache_read_input_tokens;
    await readBy(cached(shared, "One."));
    expect(await readBy(cached(shared, "One."))).toBeGreaterThan(600);
    expect(await readBy(cached(`${shared} `, "One."))).toBe(0);
    expect(await readBy({ ...cached(shared, "One."), model: "claude-haiku-5-5" })).toBe(0);
    await readBy(cached("Short.", "One."));
    expect(await readBy(cached("Short.", "One."))).toBe(0);
  });
});

describe("its limits", () => {
  it("are told with every answer, and let more through as time passes", async () => {
    let now = Date.parse("2026-11-23T12:00:00Z");
    await using server = await start({ requestsPerMinute: 2, outputTokensPerMinute: 60, now: () => now });
    server.claude.script(says("x".repeat(400), { thinking: null }));
    const { response } = await server.client.messages.create(PARAMS).withResponse();
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "anthropic-ratelimit-requests-limit": "2",
      "anthropic-ratelimit-requests-remaining": "1",
      "anthropic-ratelimit-requests-reset": "2026-11-23T12:00:30.000Z",
      "anthropic-ratelimit-output-tokens-limit": "60",
      "anthropic-ratelimit-output-tokens-remaining": "0",
    });
    const refused = await server.client.messages.create(PARAMS).catch((error: unknown) => error);
    // 100 tokens of 60 a minute were written: it takes 41 seconds until one is there again.
    expect(refused).toMatchObject({ status: 429, type: "rate_limit_error" });
    expect(refused instanceof APIError && refused.headers?.get("retry-after")).toBe("41");
    now += 41_000;
    await server.client.messages.create(PARAMS);
  });

  it("on input count what is not read from the cache, as a request arrives, and refuse what is not there whole", async () => {
    let now = 0;
    await using server = await start({ inputTokensPerMinute: 1_000, now: () => now });
    const ask = (own: string) =>
      server.client.messages.create(cached("What all share. ".repeat(200), own)).withResponse();
    const first = await ask("One.");
    const { input_tokens, cache_creation_input_tokens } = first.data.usage;
    const left = 1_000 - input_tokens - (cache_creation_input_tokens ?? 0);
    expect(left).toBeLessThan(300);
    expect(Object.fromEntries(first.response.headers)).toMatchObject({
      "anthropic-ratelimit-input-tokens-limit": "1000",
      "anthropic-ratelimit-input-tokens-remaining": `${left}`,
      "anthropic-ratelimit-input-tokens-reset": new Date((1_000 - left) * 60).toISOString(),
    });
    const second = await ask("x".repeat(400));
    expect(second.response.headers.get("anthropic-ratelimit-input-tokens-remaining")).toBe(`${left - 100}`);
    const refused = await ask("x".repeat(1_200)).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 429, type: "rate_limit_error" });
    // 300 tokens are to be there: a thousand a minute fill.
    const waitSeconds = Math.ceil((300 - (left - 100)) * 0.06);
    expect(refused instanceof APIError && refused.headers?.get("retry-after")).toBe(`${waitSeconds}`);
    now += waitSeconds * 1_000;
    await ask("x".repeat(1_200));
  });

  it("on input let a request that reads more than all of it through when all is there", async () => {
    await using server = await start({ inputTokensPerMinute: 10, now: () => 0 });
    const long = { ...PARAMS, messages: [{ role: "user" as const, content: "x".repeat(400) }] };
    await server.client.messages.create(long);
    await expect(server.client.messages.create(PARAMS)).rejects.toMatchObject({ status: 429 });
  });
});
