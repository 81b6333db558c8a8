import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAnthropicGenerator, type AnthropicOptions } from "../../src/generation/anthropic/anthropic-generator.ts";
import { GenerationError } from "../../src/generation/generator.ts";
import {
  answers,
  breaks,
  fails,
  says,
  sends,
  startLoopbackClaude,
  type LoopbackClaude,
  type Reply,
} from "../support/loopback-claude.ts";
import { splitRequest } from "../support/split-requests.ts";
import { subtasksAnswer } from "../support/subtask-answers.ts";

let claude: LoopbackClaude;

beforeEach(async () => {
  claude = await startLoopbackClaude();
});
afterEach(() => claude.close());

/** How a split ends whose first call gets this reply. */
async function failureAfter(reply: Reply, options: Partial<AnthropicOptions> = {}) {
  claude.script(reply, answers(subtasksAnswer(3)));
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
  return { ...error, message: error.message, cause: error.cause, spent: request.spent, calls: claude.requests.length };
}

/** Requests for Anthropic itself, answered by the loopback server. */
function asAnthropic(): Partial<AnthropicOptions> {
  return {
    baseURL: null,
    fetch: (url, init) =>
      fetch(
        (url instanceof Request ? url.url : url.toString()).replace("https://api.anthropic.com", claude.baseURL),
        init,
      ),
  };
}

describe("a call that fails says what happened and what to do, and is made only once", () => {
  it.each([
    [
      "a bad key",
      fails(401, "authentication_error", "invalid x-api-key"),
      true,
      /^Anthropic does not accept the API key\. Set a valid ANTHROPIC_API_KEY/u,
    ],
    ["unpaid bills", fails(402, "billing_error", "Payment required"), true, /^Anthropic cannot bill this account\./u],
    [
      "no permission",
      fails(403, "permission_error", "not allowed"),
      true,
      /^Anthropic does not permit this key to use claude-sonnet-5-5\./u,
    ],
    [
      "an unknown model",
      fails(404, "not_found_error", "model: claude-sonnet-5-5"),
      true,
      /^Anthropic knows no model "claude-sonnet-5-5"\. Set MODEL/u,
    ],
    [
      "a request too large",
      fails(413, "request_too_large", "too large"),
      false,
      /^Anthropic takes no request as large as this story with its context\. Shorten/u,
    ],
    [
      "a request it refuses",
      fails(400, "invalid_request_error", "max_tokens: too many"),
      false,
      /^Anthropic refused the request \(HTTP 400\)\. It says: max_tokens: too many/u,
    ],
    [
      "a request it cannot process",
      fails(422, "invalid_request_error", "no"),
      false,
      /^Anthropic refused the request \(HTTP 422\)/u,
    ],
    [
      "no credit",
      fails(400, "invalid_request_error", "Your credit balance is too low"),
      true,
      /^Anthropic reports that this account has no credit left/u,
    ],
    [
      "a limit of one's own",
      fails(400, "invalid_request_error", "You have reached your specified API usage limits."),
      true,
      /has reached its own limit/u,
    ],
    [
      "an organization on hold",
      fails(400, "invalid_request_error", "on hold", { details: { error_code: "organization_on_hold" } }),
      true,
      /It says: on hold/u,
    ],
    [
      "a spend limit",
      fails(429, "rate_limit_error", "limit", {
        details: { error_code: "enforced_spend_limit_reached" },
        headers: { "retry-after": "60" },
      }),
      true,
      /^Anthropic reports that the spend limit of this account has been reached\./u,
    ],
    [
      "a contract's limit",
      fails(429, "rate_limit_error", "limit", { details: { error_code: "contract_spend_limit_reached" } }),
      true,
      /spend limit/u,
    ],
    ["a 429 without a time to come back", fails(429, "rate_limit_error", "limit"), true, /spend limit/u],
    [
      "a 429 that may be repeated",
      fails(429, "rate_limit_error", "limit", { headers: { "x-should-retry": "true" } }),
      false,
      /slower pacing/u,
    ],
    [
      "a rate limit",
      fails(429, "rate_limit_error", "slow down", { headers: { "retry-after": "7" } }),
      false,
      /^Anthropic limits how fast it may be asked, .* slower pacing\./u,
    ],
    [
      "an overload",
      fails(529, "overloaded_error", "Overloaded"),
      false,
      /^Anthropic is overloaded\. Retry the run in a while\./u,
    ],
    ["an inner failure", fails(500, "api_error", "boom"), false, /^Anthropic failed to answer \(HTTP 500\)\. Retry/u],
    [
      "a page of a proxy",
      sends(503, "text/html", "<h1>Down</h1>"),
      false,
      /^Anthropic failed to answer \(HTTP 503\)\. Retry/u,
    ],
  ])("%s", async (_, reply, fatal, message) => {
    const failure = await failureAfter(reply, asAnthropic());
    expect(failure.message).toMatch(message);
    expect(failure.message).toMatch(/\(Request req_1\.\)$/u);
    expect(failure.message).not.toMatch(/sk-test|<h1>/u);
    expect(failure).toMatchObject({ fatal, spent: [], calls: 1, cause: expect.any(Error) });
  });

  it.each([
    [
      "socket that closes",
      breaks(),
      false,
      /^The model server at 127\.0\.0\.1:\d+ could not be reached \(UND_ERR_SOCKET\)\. Check the network and ANTHROPIC_BASE_URL/u,
    ],
    [
      "socket that closes in mid-answer",
      breaks("half"),
      false,
      /^The answer of claude-sonnet-5-5 was cut off on its way\. Retry/u,
    ],
    [
      "body that ends too early",
      sends(200, "application/json", '{"id":"msg_1","content":[{"ty'),
      false,
      /^The answer of claude-sonnet-5-5 was cut off on its way\. Retry/u,
    ],
    [
      "web page instead of an answer",
      sends(200, "text/html", "<h1>Sign in</h1>"),
      false,
      /sent a web page or plain text instead of a model's answer\. Check ANTHROPIC_BASE_URL/u,
    ],
    [
      "JSON of something else",
      sends(200, "application/json", '{"models":[]}'),
      false,
      /sent something else instead of a model's answer/u,
    ],
    [
      "wrong path",
      fails(404, "not_found_error", "no such route"),
      true,
      /knows no model "claude-sonnet-5-5", or ANTHROPIC_BASE_URL leads to the wrong place/u,
    ],
    [
      "rate limit without a time",
      fails(429, "rate_limit_error", "slow down"),
      false,
      /limits how fast it may be asked/u,
    ],
  ])("a %s, at another server", async (_, reply, fatal, message) => {
    const failure = await failureAfter(reply);
    expect(failure.message).toMatch(message);
    expect(failure.message).not.toContain("<h1>");
    expect(failure).toMatchObject({ fatal, calls: 1 });
  });

  it("a server that is not there", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const failure = await failureAfter(breaks(), { baseURL: `http://127.0.0.1:${port}` });
    expect(failure.message).toMatch(/could not be reached \(ECONNREFUSED\)/u);
    expect(failure).toMatchObject({ fatal: false, calls: 0 });
  });
});

describe("an answer that is not whole is never parsed, and its cost is told", () => {
  const whole = JSON.stringify(subtasksAnswer(3));

  it.each([
    [
      "refused",
      says(whole, { stopReason: "refusal", stopDetails: { type: "refusal", category: "cyber" } }),
      /^claude-sonnet-5-5 declined to work on this story \(cyber\)\. Reword the story/u,
    ],
    [
      "refused without a reason",
      says("", { stopReason: "refusal" }),
      /^claude-sonnet-5-5 declined to work on this story\. Reword/u,
    ],
    [
      "cut off at the limit of tokens",
      says(whole, { stopReason: "max_tokens" }),
      /grew too long and was cut off\. .* coarser mode\./u,
    ],
    [
      "cut off at the model's own limit",
      says(whole, { stopReason: "model_context_window_exceeded" }),
      /more than claude-sonnet-5-5 can take in\. Shorten/u,
    ],
  ])("%s", async (_, reply, message) => {
    const failure = await failureAfter(reply);
    expect(failure.message).toMatch(message);
    expect(failure).toMatchObject({ fatal: false, calls: 1, spent: [{ inputTokens: 1200, outputTokens: 800 }] });
  });
});

it("a correction that fails is told like any other call", async () => {
  claude.script(answers(subtasksAnswer(2)));
  const failure = await failureAfter(fails(529, "overloaded_error", "Overloaded"));
  expect(failure).toMatchObject({ message: expect.stringMatching(/is overloaded/u), calls: 2 });
});
