import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createAnthropicGenerator, type AnthropicOptions } from "../../src/generation/anthropic/anthropic-generator.ts";
import { GenerationError } from "../../src/generation/generator.ts";
import { ENDS_WITH_ADVICE } from "../support/advice.ts";
import { asAnthropic } from "../support/as-anthropic.ts";
import {
  badKey,
  badRequest,
  breaksOff,
  innerFailure,
  notPermitted,
  overloaded,
  rateLimited,
  refuses,
  runsOut,
  spendLimit,
  tooLarge,
  unavailablePage,
  unknownModel,
  webPage,
} from "../support/loopback-claude/known-failures.ts";
import { answers, breaks, fails, hangs, says, sends, type Reply } from "../support/loopback-claude/replies.ts";
import { startLoopbackClaude, type LoopbackClaude } from "../support/loopback-claude/server.ts";
import { splitRequest } from "../support/split-requests.ts";
import { subtasksAnswer } from "../support/subtask-answers.ts";

let claude: LoopbackClaude;

beforeEach(async () => {
  claude = await startLoopbackClaude();
});
afterEach(() => claude.close());

/** How a split ends whose calls get these replies; whatever it is, its message ends with something to do. */
async function failureAfter(replies: Reply | readonly Reply[], options: Partial<AnthropicOptions> = {}) {
  claude.script(...[replies].flat(), answers(subtasksAnswer(3)));
  const request = splitRequest();
  const generator = createAnthropicGenerator({
    apiKey: "sk-test-key",
    baseURL: claude.baseURL,
    model: "claude-sonnet-5-5",
    ...options,
  });
  const error = await generator.splitStory(request).then(
    () => expect.fail("The split succeeded."),
    (reason: unknown) => reason,
  );
  if (!(error instanceof GenerationError)) throw error;
  const { message, cause, fatal, retry } = error;
  expect(message).toMatch(ENDS_WITH_ADVICE);
  return { message, cause, fatal, retry, spent: request.spent, calls: claude.requests.length };
}

/** What stops everything until somebody acts, with a status that would mean something else. */
function blocked(status: number, code: string): Reply {
  return fails(status, "invalid_request_error", "PLANTED", { details: { error_code: code } });
}

const AGAIN = { afterMs: null, throttled: false };
const SLOWER = { afterMs: null, throttled: true };
const ANSWER = JSON.stringify(subtasksAnswer(3));

describe("a call that fails says what happened and what to do, and is made only once", () => {
  it.each([
    ["a bad key", badKey(), /^Anthropic does not accept the API key\. Set a valid ANTHROPIC_API_KEY/u],
    ["unpaid bills", fails(402, "billing_error", "Payment required"), /^Anthropic cannot bill this account\./u],
    ["no permission", notPermitted(), /^Anthropic does not permit this key to use claude-sonnet-5-5\./u],
    ["an unknown model", unknownModel(), /^Anthropic knows no model "claude-sonnet-5-5"\. Set MODEL/u],
    ["no credit", badRequest("Your credit balance is too low"), /^Anthropic reports .* no credit left/u],
    ["a limit of one's own", spendLimit("owner"), /has reached its own limit/u],
    [
      "an organization on hold",
      blocked(400, "organization_on_hold"),
      /^Anthropic has put the organization of this key on hold\. It says: “PLANTED”\. Settle that with its support/u,
    ],
    [
      "an organization on hold, told as a missing permission",
      blocked(403, "organization_on_hold"),
      /^Anthropic has put the organization of this key on hold\./u,
    ],
    [
      "an organization on hold, told as a bad key",
      blocked(401, "organization_on_hold"),
      /^Anthropic has put the organization of this key on hold\./u,
    ],
    ["a disabled encryption key", blocked(403, "cmek_key_disabled"), /encryption key, which is disabled\..* Enable/u],
    [
      "an encryption key out of reach",
      blocked(400, "cmek_key_network_blocked"),
      /cannot reach .* encryption key\..* Let it through/u,
    ],
    [
      "unpaid bills, told as a bad request",
      fails(400, "billing_error", "Pay"),
      /^Anthropic cannot bill this account\./u,
    ],
    [
      "a workspace's limit",
      badRequest("You have reached your specified workspace API usage limits. You will regain access on 2026-12-01."),
      /has reached its own limit/u,
    ],
    ["a spend limit", spendLimit("enforced"), /^Anthropic reports that the spend limit of this account has been/u],
    ["a contract's limit", spendLimit("contract"), /spend limit/u],
    ["a 429 without a time to come back", rateLimited(null), /spend limit/u],
  ])("%s: every further call would meet it", async (_, reply, message) => {
    const failure = await failureAfter(reply, asAnthropic(claude));
    expect(failure.message).toMatch(message);
    expect(failure.message).toMatch(/\(Request req_1\.\)$/u);
    expect(failure.message).not.toMatch(/sk-test/u);
    expect(failure).toMatchObject({ fatal: true, retry: null, spent: [], calls: 1, cause: expect.any(Error) });
  });

  it.each([
    ["a request too large", tooLarge(), /^Anthropic takes no request as large as this one with its context\. Shorten/u],
    [
      "a request it refuses",
      badRequest(),
      /^Anthropic refused the request \(HTTP 400\)\. It says: “max_tokens: too many”\. Change what it names, then retry/u,
    ],
    ["a request it refuses without a word", sends(400, "text/plain", ""), /\(HTTP 400\)\. Check MODEL and/u],
    [
      "a prompt that is too long",
      badRequest("prompt is too long: 214382 tokens > 200000 maximum"),
      /^Anthropic takes no request as large .* It says: “prompt is too long: 214382 tokens .*”\. Shorten/u,
    ],
    [
      "a prompt that is too long beside its answer",
      badRequest("input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length"),
      /^Anthropic takes no request as large .*”\. Shorten/u,
    ],
    [
      "a request whose text it quotes, about limits",
      badRequest('value "As a user I want to see my usage limit" is too long'),
      /^Anthropic refused the request \(HTTP 400\)\. It says: “value "As a user/u,
    ],
    [
      "a request whose text it quotes, about credit",
      fails(422, "invalid_request_error", "Your credit balance is too low"),
      /^Anthropic refused the request \(HTTP 422\)/u,
    ],
    [
      "a request whose text it quotes, as a limit of one's own",
      badRequest("messages.0: You have reached your specified API usage limits."),
      /^Anthropic refused the request \(HTTP 400\)/u,
    ],
    [
      "a request it cannot process",
      fails(422, "invalid_request_error", "no"),
      /^Anthropic refused the request \(HTTP 422\)/u,
    ],
  ])("%s: this one would meet it again", async (_, reply, message) => {
    const failure = await failureAfter(reply, asAnthropic(claude));
    expect(failure.message).toMatch(message);
    expect(failure).toMatchObject({ fatal: false, retry: null, spent: [], calls: 1 });
  });

  it.each([
    ["a rate limit", rateLimited(7), { afterMs: 7000, throttled: true }, /limits how fast .* slower pacing/u],
    [
      "a rate limit in milliseconds",
      fails(429, "rate_limit_error", "slow down", { headers: { "retry-after-ms": "350", "retry-after": "1" } }),
      { afterMs: 350, throttled: true },
      /slower pacing/u,
    ],
    [
      "a rate limit until a date",
      fails(429, "rate_limit_error", "slow down", { headers: { "retry-after": "Mon, 23 Nov 2026 12:00:09 GMT" } }),
      { afterMs: 9000, throttled: true },
      /slower pacing/u,
    ],
    [
      "a 429 that may be repeated",
      fails(429, "rate_limit_error", "limit", { headers: { "x-should-retry": "true" } }),
      SLOWER,
      /slower pacing/u,
    ],
    ["an overload", overloaded(), SLOWER, /^Anthropic is overloaded\. Retry the run in a while\./u],
    ["an inner failure", innerFailure(), AGAIN, /^Anthropic failed to answer \(HTTP 500\)\. Retry/u],
    ["a page of a proxy", unavailablePage(), AGAIN, /^Anthropic failed to answer \(HTTP 503\)\. Retry/u],
    [
      "a server that says when it is back",
      fails(503, "api_error", "back soon", { headers: { "retry-after": "30" } }),
      { afterMs: 30_000, throttled: false },
      /HTTP 503/u,
    ],
  ])("%s: trying again may help", async (_, reply, retry, message) => {
    const now = (): number => Date.parse("2026-11-23T12:00:00Z");
    const failure = await failureAfter(reply, { ...asAnthropic(claude), now });
    expect(failure.message).toMatch(message);
    expect(failure.message).not.toMatch(/<h1>/u);
    expect(failure).toMatchObject({ fatal: false, retry, spent: [], calls: 1, cause: expect.any(Error) });
  });

  it.each([
    [
      "socket that closes",
      breaks(),
      AGAIN,
      /^The model server at 127\.0\.0\.1:\d+ could not be reached \(UND_ERR_SOCKET\)\. Check the network and ANTHROPIC_BASE_URL/u,
    ],
    ["socket that closes before the first event", breaks("half"), AGAIN, /was cut off on its way\. Retry/u],
    [
      "body that ends too early",
      sends(200, "application/json", '{"id":"msg_1","content":[{"ty'),
      AGAIN,
      /^The answer of claude-sonnet-5-5 was cut off on its way\. Retry/u,
    ],
    [
      "stream whose event is cut",
      sends(200, "text/event-stream", 'event: message_start\ndata: {"type":"mess\n\n'),
      AGAIN,
      /was cut off on its way/u,
    ],
    ["response without a body", sends(204, "", ""), AGAIN, /sent nothing instead of a model's answer/u],
    ["body that is empty", sends(200, "application/json", ""), AGAIN, /sent nothing instead of a model's answer/u],
    ["stream without events", sends(200, "text/event-stream", ""), AGAIN, /sent nothing instead of a model's answer/u],
    [
      "web page instead of an answer",
      webPage(),
      AGAIN,
      /sent a web page or plain text instead of a model's answer\. Check ANTHROPIC_BASE_URL/u,
    ],
    [
      "JSON of something else",
      sends(200, "application/json", '{"models":[]}'),
      AGAIN,
      /sent something else instead of a model's answer/u,
    ],
    ["rate limit without a time", rateLimited(null), SLOWER, /limits how fast it may be asked/u],
  ])("a %s, at another server", async (_, reply, retry, message) => {
    const failure = await failureAfter(reply);
    expect(failure.message).toMatch(message);
    expect(failure.message).not.toContain("<h1>");
    expect(failure).toMatchObject({ fatal: false, retry, calls: 1 });
  });

  it("words of Anthropic's about credit, at another server: they may be quoted, and end no run", async () => {
    const failure = await failureAfter(badRequest("Your credit balance is too low"));
    expect(failure).toMatchObject({ fatal: false, retry: null, calls: 1 });
    expect(failure.message).toMatch(/refused the request \(HTTP 400\)/u);
  });

  it("a wrong path at another server: every further call would meet it", async () => {
    const failure = await failureAfter(fails(404, "not_found_error", "no such route"));
    expect(failure.message).toMatch(/knows no model "claude-sonnet-5-5", or ANTHROPIC_BASE_URL leads to the wrong/u);
    expect(failure).toMatchObject({ fatal: true, retry: null, calls: 1 });
  });

  it("a server that is not there", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const failure = await failureAfter(breaks(), { baseURL: `http://127.0.0.1:${port}` });
    expect(failure.message).toMatch(/could not be reached \(ECONNREFUSED\)/u);
    expect(failure).toMatchObject({ fatal: false, retry: AGAIN, calls: 0 });
  });
});

describe("an answer that breaks off is told with what it cost until then", () => {
  it.each([
    ["its socket is destroyed", breaksOff(ANSWER, "destroy"), AGAIN, /^The answer of \S+ was cut off on its way\./u],
    ["its stream ends early", breaksOff(ANSWER, "end"), AGAIN, /^The answer of \S+ was cut off on its way\./u],
    [
      "the server is overloaded meanwhile",
      breaksOff(ANSWER, { type: "overloaded_error", message: "Overloaded" }),
      SLOWER,
      /is overloaded\. Retry/u,
    ],
    [
      "the server fails meanwhile",
      breaksOff(ANSWER, { type: "api_error", message: "boom" }),
      AGAIN,
      /broke off its answer\. Retry/u,
    ],
    [
      "the server limits it meanwhile",
      breaksOff(ANSWER, { type: "rate_limit_error", message: "slow down" }),
      SLOWER,
      /limits how fast/u,
    ],
  ])("when %s", async (_, reply, retry, message) => {
    const failure = await failureAfter(reply, asAnthropic(claude));
    expect(failure.message).toMatch(message);
    expect(failure).toMatchObject({ fatal: false, retry, calls: 1 });
    const { inputTokens = 0, outputTokens, cacheWriteTokens = 0 } = failure.spent[0] ?? {};
    expect(failure.spent).toHaveLength(1);
    expect([inputTokens, cacheWriteTokens]).toEqual([claude.billed.inputTokens, claude.billed.cacheWriteTokens]);
    expect(inputTokens + cacheWriteTokens).toBeGreaterThan(500);
    // The stream's first event tells of one token, its last would have told of all: reckoned by length, and not too low.
    expect(outputTokens).toBeGreaterThanOrEqual(claude.billed.outputTokens);
    expect(outputTokens).toBeLessThan(1.5 * claude.billed.outputTokens);
  });

  it("what came of its thinking included, where it breaks off before its text", async () => {
    const thinking = "Let me think about every part of this. ".repeat(20);
    const failure = await failureAfter(says(ANSWER, { thinking, broken: { after: 0, by: "destroy" } }));
    expect(failure.spent[0]?.outputTokens).toBeGreaterThanOrEqual(claude.billed.outputTokens);
    expect(claude.billed.outputTokens).toBeGreaterThan(150);
  });

  it("and with an unknown cost, where the server tells nothing of what it took", async () => {
    const failure = await failureAfter(says(ANSWER, { bare: true, broken: { after: 200, by: "destroy" } }));
    expect(failure.spent).toMatchObject([{ outputTokens: expect.any(Number), costUsd: null }]);
    expect(failure.spent[0]?.outputTokens).toBeGreaterThanOrEqual(claude.billed.outputTokens);
  });

  it("when nothing comes any more: it is given up after the longest silence", async () => {
    const failure = await failureAfter(breaksOff(ANSWER, "stall"), { idleMs: 1_000 });
    expect(failure.message).toMatch(/^The model server at \S+ sent nothing for 1 s, and the call was given up\./u);
    expect(failure).toMatchObject({ fatal: false, retry: AGAIN, spent: [{ outputTokens: expect.any(Number) }] });
    expect(failure.spent[0]?.outputTokens).toBeGreaterThanOrEqual(claude.billed.outputTokens);
    expect(await claude.requests[0]?.ended).toBe("left");
  });

  it.each(["nothing", "headers"] as const)("when %s had come before the silence", async (after) => {
    const failure = await failureAfter(hangs(after), { ...asAnthropic(claude), idleMs: 1_000 });
    expect(failure).toMatchObject({ fatal: false, retry: AGAIN, spent: [] });
    expect(failure.message).toMatch(/sent nothing for 1 s/u);
    expect(await claude.requests[0]?.ended).toBe("left");
  });

  it("pings are signs of life, so that only the deadline ends what they keep up", async () => {
    const failure = await failureAfter(breaksOff(ANSWER, "pings"), { idleMs: 1_000, deadlineMs: 2_000 });
    expect(failure.message).toMatch(/^claude-sonnet-5-5 did not finish its answer within 2 s\. .* coarser mode\./u);
    // It had begun to write: the next answer would be as long.
    expect(failure).toMatchObject({ fatal: false, retry: null });
  });

  it("an answer that has not begun at the deadline was stuck: trying again may help", async () => {
    const failure = await failureAfter(breaksOff(ANSWER, "pings", 0), { idleMs: 1_000, deadlineMs: 2_000 });
    expect(failure.message).toMatch(/did not finish its answer within 2 s/u);
    expect(failure).toMatchObject({ fatal: false, retry: AGAIN });
  });
});

describe("an answer that is not whole is never parsed, and its cost is told", () => {
  it.each([
    [
      "refused",
      says(ANSWER, { stopReason: "refusal", stopDetails: { type: "refusal", category: "cyber" } }),
      /^claude-sonnet-5-5 declined to work on this \(cyber\)\. Reword it/u,
    ],
    ["refused for a reason of any length", refuses("why ".repeat(5_000)), /declined to work on this \(.*…\)\. Reword/u],
    ["refused without a reason", refuses(null), /^claude-sonnet-5-5 declined to work on this\. Reword/u],
    [
      "cut off at the model's own limit",
      says(ANSWER, { stopReason: "model_context_window_exceeded" }),
      /more than claude-sonnet-5-5 can take in\. Shorten/u,
    ],
  ])("%s", async (_, reply, message) => {
    const failure = await failureAfter(reply);
    expect(failure.message).toMatch(message);
    expect(failure).toMatchObject({ fatal: false, retry: null, calls: 1 });
    expect(failure.spent).toMatchObject([{ outputTokens: claude.billed.outputTokens }]);
  });

  it("an answer that did not fit is asked for once more with more room, and then given up", async () => {
    const failure = await failureAfter([runsOut(ANSWER.slice(0, 99)), runsOut(ANSWER)]);
    expect(failure.message).toMatch(/grew too long and was cut off\. .* coarser mode\./u);
    expect(failure).toMatchObject({ fatal: false, retry: null, calls: 2 });
    expect(failure.spent).toHaveLength(2);
    const [first = 0, second = 0] = claude.requests.map(({ body }) => Number(body.max_tokens));
    expect(second).toBeGreaterThan(first);
  });
});

it("a correction that fails is told like any other call", async () => {
  const failure = await failureAfter([answers(subtasksAnswer(2)), overloaded()]);
  expect(failure).toMatchObject({ message: expect.stringMatching(/is overloaded/u), retry: SLOWER, calls: 2 });
});

it.each([
  ["a stream", "text/event-stream", 'event: message_start\ndata: {"type":"message_start","text":"SECRET" oops\n\n'],
  ["a body", "application/json", '{"text":"SECRET'],
])(
  "nothing of an answer that breaks off in %s is carried in the error, where a log could show it",
  async (_, type, body) => {
    const { message, cause } = await failureAfter(sends(200, type, body));
    expect(`${message} ${inspect(cause, { depth: 9 })}`).not.toContain("SECRET");
  },
);

it("a failure that nobody foresaw is told by its kind, and the log says where it was, without a word of it", async () => {
  const fetch = async () => {
    const error = new RangeError("SECRET\n    at SECRET (/home/SECRET:1:1)");
    const body = new ReadableStream({ pull: (controller) => controller.error(error) });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
  const warn = vi.fn<(fields: Record<string, unknown>, message: string) => void>();
  const { message } = await failureAfter([], { fetch, log: { info() {}, warn } });
  expect(message).toMatch(
    /^Asking claude-sonnet-5-5 failed unexpectedly \(RangeError\); the server's log says where\./u,
  );
  const frames = expect.arrayContaining([expect.stringMatching(/^at .*anthropic-failures\.test\.ts\S*:\d+:\d+\)?$/u)]);
  expect(warn.mock.calls).toEqual([[expect.objectContaining({ cause: "RangeError", frames }), expect.any(String)]]);
  expect(`${message} ${JSON.stringify(warn.mock.calls)}`).not.toContain("SECRET");
});
