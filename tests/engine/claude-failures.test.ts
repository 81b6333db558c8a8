import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAnthropicGenerator } from "../../src/generation/anthropic/anthropic-generator.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { ENDS_WITH_ADVICE } from "../support/advice.ts";
import { asAnthropic } from "../support/as-anthropic.ts";
import { type Progress, rowId, type StartInput } from "../support/client.ts";
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
import {
  answers,
  breaks,
  fails,
  hangs,
  type MessageOptions,
  type Reply,
  says,
  sends,
} from "../support/loopback-claude/replies.ts";
import { type LoopbackClaude, startLoopbackClaude } from "../support/loopback-claude/server.ts";
import { soundAnswer } from "../support/loopback-claude/sound-answers.ts";
import { blocksOf, type WireRequest } from "../support/loopback-claude/wire.ts";
import { checkHistory } from "../support/run-history.ts";
import { subtasksAnswer } from "../support/subtask-answers.ts";

// Everything that can go wrong with a call, through the real SDK and the whole program: what the run, its items, its log and
// whoever watches show of it, and that the program's own log shows nothing that is not its to show.

/** What no line of the program's log may hold: the key, and what stands in stories, their context, wishes and answers. */
const SECRETS = ["sk-planted", "PLANTED"];
const KEY = "sk-planted-4711";
const STORIES = [
  "As a PLANTED user I want to fail",
  "As a PLANTED user I want to pay",
  "As a PLANTED user I want to go",
];
const ANSWER = subtasksAnswer(6, { 0: { title: "Build PLANTED part" }, 2: { description: "PLANTED" } });
const TEXT = JSON.stringify(ANSWER);
/** Too few of them. */
const UNSOUND = subtasksAnswer(2, { 1: { title: "PLANTED" } });

let claude: LoopbackClaude;
let app: TestApp;
/** How sound answers come. */
let slow: MessageOptions = {};
/** What was asked about, and when. */
const arrivals: { readonly item: string; readonly at: number }[] = [];
/** Replies to the story that fails; afterwards it gets sound answers like the others. */
const replies: Reply[] = [];

beforeAll(async () => {
  claude = await startLoopbackClaude({
    respond({ body }) {
      arrivals.push({ item: itemOf(body), at: performance.now() });
      return (itemOf(body).includes("to fail") ? replies.shift() : undefined) ?? says(soundAnswer(body), slow);
    },
  });
  const generator = createAnthropicGenerator({
    apiKey: KEY,
    model: "claude-sonnet-5-5",
    ...asAnthropic(claude),
    ...{ idleMs: 1_000, deadlineMs: 4_000 },
    // As the program does it, so that what it logs is seen.
    log: { info: (...line) => calls.push(JSON.stringify(line)), warn: (...line) => calls.push(JSON.stringify(line)) },
  });
  app = await startTestApp({ generator, retryBaseMs: 1, env: { LOG_LEVEL: "info" } });
});
afterAll(async () => {
  await app?.close();
  await claude?.close();
});
/** What the generator logged. */
const calls: string[] = [];

function itemOf(body: WireRequest): string {
  return blocksOf(body.messages?.[0]?.content).at(-1)?.text ?? "";
}

/** A run over so many of the stories, of which the first gets these replies. */
async function runWith(told: Reply | readonly Reply[], count: number, pacing: StartInput["pacing"] = "ADAPTIVE") {
  replies.splice(0, Infinity, ...[told].flat());
  const { projectId, epicId } = await app.backlog(STORIES.slice(0, count));
  await app.sql(`UPDATE "Project" SET context = $1 WHERE id = $2`, ["PLANTED context", rowId(projectId)]);
  const before = claude.requests.length;
  const billed = { ...claude.billed };
  const runId = await app.start(epicId, { pacing, instructions: "PLANTED wishes" });
  const seen = await app.watchToEnd(runId);
  await app.idle();
  const history = await app.history(runId);
  checkHistory(history);
  const run = await app.readRun(runId);
  const [item] = run.items.nodes;
  if (item === undefined) throw new Error("The run has no items.");
  const stories = await app.readStories(epicId);
  const spent = {
    inputTokens: claude.billed.inputTokens - billed.inputTokens,
    cacheReadTokens: claude.billed.cacheReadTokens - billed.cacheReadTokens,
    cacheWriteTokens: claude.billed.cacheWriteTokens - billed.cacheWriteTokens,
  };
  return { run, item, seen, history, spent, stories, requests: claude.requests.length - before };
}

/** What a watcher saw of the item of that code: its statuses, one after the other. */
function statusesOf(history: readonly Progress[], code: string): string[] {
  return history.flatMap(({ kind, item }) => (kind === "ITEM_UPDATED" && item?.code === code ? [item.status] : []));
}

function linesOf({ logs }: { logs: { nodes: readonly { level: string; message: string }[] } }, level: string) {
  return logs.nodes.filter((line) => line.level === level).map(({ message }) => message);
}

describe("what passes by itself is tried again: seen as attempts, in the log and by whoever watches", () => {
  it.each<[string, Reply, RegExp]>([
    ["529", overloaded(), /^S1: Anthropic is overloaded\. \(Request/u],
    ["500", innerFailure(), /^S1: Anthropic failed to answer \(HTTP 500\)\. \(Request/u],
    ["503 with a web page", unavailablePage(), /^S1: Anthropic failed to answer \(HTTP 503\)\./u],
    ["504", fails(504, "timeout_error", "late"), /^S1: Anthropic failed to answer \(HTTP 504\)\./u],
    [
      "a JSON body that is cut off",
      sends(200, "application/json", TEXT.slice(0, 90)),
      /^S1: The answer of .* cut off/u,
    ],
    ["200 with a web page", webPage(), /^S1: Anthropic sent a web page or plain text instead/u],
    [
      "a connection that breaks before an answer",
      breaks(),
      /^S1: Anthropic could not be reached \(UND_ERR_SOCKET\)\./u,
    ],
    ["a connection that breaks in the first event", breaks("half"), /^S1: The answer of .* was cut off on its way\./u],
    ["a socket destroyed in mid-stream", breaksOff(TEXT, "destroy"), /^S1: The answer of .* was cut off on its way\./u],
    ["a stream that ends without its end", breaksOff(TEXT, "end"), /^S1: The answer of .* was cut off on its way\./u],
    ["204 without a body", sends(204, "", ""), /^S1: Anthropic sent nothing instead of/u],
    ["a stream without events", sends(200, "text/event-stream", ""), /^S1: Anthropic sent nothing instead of/u],
    [
      "an overload in mid-stream",
      breaksOff(TEXT, { type: "overloaded_error", message: "PLANTED" }),
      /^S1: Anthropic is overloaded\./u,
    ],
    [
      "a failure in mid-stream",
      breaksOff(TEXT, { type: "api_error", message: "PLANTED" }),
      /^S1: Anthropic broke off its answer\./u,
    ],
    ["no answer at all", hangs(), /^S1: Anthropic sent nothing for 1 s, and the call was given up\./u],
    ["an answer that stalls at once", hangs("headers"), /^S1: Anthropic sent nothing for 1 s/u],
    ["an answer that stalls in its middle", breaksOff(TEXT, "stall"), /^S1: Anthropic sent nothing for 1 s/u],
    ["pings and nothing else", breaksOff(TEXT, "pings", 0), /^S1: claude-sonnet-5-5 did not finish .* within 4 s\./u],
  ])("%s", async (_, reply, message) => {
    const { run, item, history, spent, requests } = await runWith(reply, 1);
    expect(run).toMatchObject({ status: "SUCCEEDED", completedItems: 1, failedItems: 0, error: null });
    expect(item).toMatchObject({ status: "COMPLETED", attempts: 2, error: null, usage: spent });
    expect(requests).toBe(2);
    expect(linesOf(run, "WARN")).toEqual([expect.stringMatching(message)]);
    // Nothing to be done by anybody while a try is still to come.
    expect(linesOf(run, "WARN")[0]).toMatch(/\.\)? Trying again in \d+\.\d s\.$/u);
    expect(linesOf(run, "WARN")[0]).not.toMatch(/retry the run/iu);
    expect(linesOf(run, "ERROR")).toEqual([]);
    expect(statusesOf(history, "S1")).toEqual(["GENERATING", "PENDING", "GENERATING", "COMPLETED"]);
    expect(history.find(({ item: told }) => told?.status === "PENDING")?.item?.attempts).toBe(1);
  });

  it("429 with a time to wait, in which no other story is asked about either", async () => {
    const before = arrivals.length;
    const { run, item, history, requests } = await runWith(rateLimited(1), 2, "NORMAL");
    expect(run).toMatchObject({ status: "SUCCEEDED", completedItems: 2 });
    expect([item.attempts, requests]).toEqual([2, 3]);
    expect(linesOf(run, "WARN")).toEqual([
      expect.stringMatching(
        /^S1: Anthropic limits how fast it .* reached\. \(Request req_\d+\.\) Trying again in 1\.0 s\.$/u,
      ),
    ]);
    expect(statusesOf(history, "S1")).toEqual(["GENERATING", "PENDING", "GENERATING", "COMPLETED"]);
    const [first, second, third] = arrivals.slice(before);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
    expect([second?.item, third?.item].map((about) => about?.includes("to fail"))).toEqual([true, false]);
  });

  it("until it has been tried six times", async () => {
    const { run, item, history, requests } = await runWith(Array(6).fill(innerFailure()), 1);
    expect(run).toMatchObject({ status: "FAILED", phase: "FAILED", failedItems: 1, error: null });
    expect(item).toMatchObject({ status: "FAILED", attempts: 6 });
    expect(item.error).toMatch(/^Anthropic failed to answer \(HTTP 500\)\. Retry the run in a while\. \(Request/u);
    expect(requests).toBe(6);
    expect(linesOf(run, "WARN")).toHaveLength(5);
    expect(linesOf(run, "ERROR")).toEqual([`S1: ${item.error}`]);
    expect(history.findLast(({ kind }) => kind === "ITEM_UPDATED")?.item).toMatchObject({
      status: "FAILED",
      error: item.error,
    });
  });
});

describe("what no further try would change fails its story at once, and the others go on", () => {
  it.each<[string, Reply | Reply[], RegExp, number]>([
    [
      "400",
      badRequest(),
      /^Anthropic refused the request \(HTTP 400\)\. It says: “max_tokens: too many”\. Change what/u,
      1,
    ],
    [
      "400 that quotes a story about limits",
      badRequest('value "As a user I want to see my usage limit" is too long'),
      /^Anthropic refused the request \(HTTP 400\)\./u,
      1,
    ],
    ["413", tooLarge(), /^Anthropic takes no request as large as this one with its context\. Shorten/u, 1],
    ["400 with a text that no database can hold", badRequest("a\0b \ud83d"), /It says: “ab \ufffd/u, 1],
    ["422", fails(422, "invalid_request_error", "PLANTED"), /^Anthropic refused the request \(HTTP 422\)\./u, 1],
    ["a refusal", refuses("cyber"), /^claude-sonnet-5-5 declined to work on this \(cyber\)\. Reword it/u, 1],
    ["a refusal in the middle of an answer", says(TEXT, { stopReason: "refusal" }), /declined to work on this\./u, 1],
    ["max_tokens, with more room too", [runsOut(TEXT.slice(0, 200)), runsOut(TEXT)], /grew too long and was cut/u, 2],
    [
      "a story that does not fit into the model",
      says("", { stopReason: "model_context_window_exceeded" }),
      /more than claude-sonnet-5-5 can take in\. Shorten/u,
      1,
    ],
    ["an answer that is late, and had begun", breaksOff(TEXT, "pings"), /did not finish its answer within 4 s\./u, 1],
    ["an answer that a correction does not mend", [answers(UNSOUND), answers(UNSOUND)], /answered twice with/u, 2],
    ["an answer that is no JSON, twice", [says("PLANTED, sorry"), says("{PLANTED")], /not a whole JSON object/u, 2],
  ])("%s", async (_, reply, message, asked) => {
    const { run, item, seen, history, stories, requests } = await runWith(reply, 2);
    const counters = { completedItems: 1, failedItems: 1, cancelledItems: 0 };
    expect(run).toMatchObject({ status: "PARTIAL", phase: "COMPLETED", error: null, ...counters });
    expect(item).toMatchObject({
      status: "FAILED",
      attempts: 1,
      error: expect.stringMatching(message),
      createdCount: 0,
    });
    expect(item.error).toMatch(ENDS_WITH_ADVICE);
    expect(requests).toBe(asked + 1);
    expect(linesOf(run, "ERROR")).toEqual([`S1: ${item.error}`]);
    expect(statusesOf(history, "S1")).toEqual(["GENERATING", "FAILED"]);
    expect(statusesOf(history, "S2")).toEqual(["GENERATING", "COMPLETED"]);
    expect(seen.at(-1)?.run).toMatchObject({ status: "PARTIAL", ...counters });
    // Nothing is made up, and nothing of a failed answer is kept.
    expect(stories[0]?.subtasks.nodes).toEqual([]);
    expect(stories[1]?.subtasks.nodes.length).toBeGreaterThan(2);
  });
});

describe("what every further story would meet ends the run at once, and the rest is not tried one by one", () => {
  it.each<[string, Reply, RegExp]>([
    ["401", badKey(), /^Anthropic does not accept the API key\. Set a valid ANTHROPIC_API_KEY and restart/u],
    [
      "402",
      fails(402, "billing_error", "Payment required"),
      /^Anthropic cannot bill this account\. It says: “Payment required”\. Settle/u,
    ],
    ["403", notPermitted(), /^Anthropic does not permit this key to use claude-sonnet-5-5\. Use a key/u],
    [
      "403, an organization on hold",
      fails(403, "permission_error", "on hold", { details: { error_code: "organization_on_hold" } }),
      /^Anthropic has put the organization of this key on hold\. .* Settle that/u,
    ],
    ["404, an unknown model", unknownModel(), /^Anthropic knows no model "claude-sonnet-5-5"\. Set MODEL/u],
    ["a spend limit", spendLimit("enforced"), /^Anthropic reports that the spend limit .* Raise it, or wait/u],
    ["a contract's spend limit", spendLimit("contract"), /^Anthropic reports that the spend limit/u],
    [
      "a spend limit of one's own",
      spendLimit("owner"),
      /^Anthropic reports .* has reached its own limit\. Add credit/u,
    ],
    ["a 429 without a time to come back at", rateLimited(null), /^Anthropic reports that the spend limit/u],
    ["no credit", badRequest("Your credit balance is too low"), /^Anthropic reports .* no credit left/u],
    [
      "a bad key, told in mid-stream",
      breaksOff(TEXT, { type: "authentication_error", message: "PLANTED" }, 0),
      /^Anthropic does not accept the API key\./u,
    ],
  ])("%s", async (_, reply, message) => {
    const { run, item, seen, history, requests } = await runWith(reply, 3, "SAFE");
    const counters = { completedItems: 0, failedItems: 1, cancelledItems: 2 };
    expect(run).toMatchObject({ status: "FAILED", phase: "FAILED", error: item.error, ...counters });
    expect(item).toMatchObject({ status: "FAILED", attempts: 1, error: expect.stringMatching(message) });
    expect(item.error).toMatch(ENDS_WITH_ADVICE);
    expect(run.items.nodes.slice(1)).toMatchObject([
      { status: "CANCELLED", attempts: 0, error: null },
      { status: "CANCELLED", attempts: 0, error: null },
    ]);
    expect(requests).toBe(1);
    expect(linesOf(run, "ERROR")).toEqual([`S1: ${item.error}`]);
    expect(statusesOf(history, "S1")).toEqual(["GENERATING", "FAILED"]);
    expect(seen.at(-1)?.run).toMatchObject({ status: "FAILED", error: item.error, ...counters });
  });
});

it("a fatal failure breaks off the calls beside it before they meet the same", async () => {
  const titles = [...STORIES, ...Array.from({ length: 9 }, (_, i) => `As a user I want thing number ${i}`)];
  replies.splice(0, Infinity);
  const { epicId } = await app.backlog(titles);
  const before = claude.requests.length;
  // Whichever story is asked about: none is sound.
  claude.script(...titles.map(() => badKey()));
  const runId = await app.start(epicId);
  await app.watchToEnd(runId);
  await app.idle();
  const run = await app.readRun(runId);
  expect(run).toMatchObject({ status: "FAILED", failedItems: 1, cancelledItems: 11 });
  expect(claude.requests.length - before).toBe(1);
  expect(linesOf(run, "ERROR")).toHaveLength(1);
  expect(run.items.nodes.filter(({ status }) => status === "CANCELLED").map(({ error }) => error)).toEqual(
    Array(11).fill(null),
  );
  claude.forget();
});

it("a fatal failure breaks off answers beside it, and what they took until then is told", async () => {
  const broken = { after: Math.floor(TEXT.length / 2), by: { type: "billing_error", message: "PLANTED" } };
  replies.splice(0, Infinity, says(TEXT, { tokensPerSecond: 200, broken }));
  const { epicId } = await app.backlog(STORIES.slice(0, 2));
  const asked = claude.requests.length;
  const billed = { ...claude.billed };
  slow = { tokensPerSecond: 20 };
  const runId = await app.start(epicId);
  await app.watchToEnd(runId);
  slow = {};
  await app.idle();
  expect(await claude.requests[asked + 1]?.ended).toBe("left");
  const run = await app.readRun(runId);
  const [first, second] = run.items.nodes;
  expect(run).toMatchObject({ status: "FAILED", failedItems: 1, cancelledItems: 1 });
  expect(second).toMatchObject({ status: "CANCELLED", attempts: 1, error: null });
  expect(second?.usage.inputTokens).toBeGreaterThan(0);
  const inputTokens = claude.billed.inputTokens - billed.inputTokens;
  expect([run.usage.inputTokens, (first?.usage.inputTokens ?? 0) + (second?.usage.inputTokens ?? 0)]).toEqual([
    inputTokens,
    inputTokens,
  ]);
});

describe("what is no failure:", () => {
  it("a stream without lines that name its events", async () => {
    const { run, item, requests } = await runWith(answers(ANSWER, { unnamed: true }), 1);
    expect([run.status, item.attempts, requests]).toEqual(["SUCCEEDED", 1, 1]);
  });

  it.each<[string, Reply]>([
    ["an answer that a correction mends", answers(UNSOUND)],
    ["an answer that was cut off, and fits into more room", runsOut(TEXT.slice(0, 200))],
  ])("%s: no further attempt, but what both calls took", async (_, reply) => {
    const { run, item, spent, requests } = await runWith(reply, 1);
    expect([run.status, item.attempts, requests]).toEqual(["SUCCEEDED", 1, 2]);
    expect(item.usage).toMatchObject(spent);
    expect(run.usage).toEqual(item.usage);
    expect(linesOf(run, "WARN").concat(linesOf(run, "ERROR"))).toEqual([]);
  });

  it.each<[string, Reply]>([
    ["before the headers", hangs()],
    ["in mid-stream", breaksOff(TEXT, "pings")],
  ])("a cancel %s: the provider's socket is closed, and nothing is logged as failed", async (_, reply) => {
    replies.splice(0, Infinity, reply);
    const { epicId } = await app.backlog(STORIES.slice(0, 1));
    const asked = claude.requests.length;
    const lines = calls.length;
    const runId = await app.start(epicId);
    await expect.poll(() => claude.requests.length, { interval: 5 }).toBe(asked + 1);
    await app.cancel(runId);
    expect(await claude.requests[asked]?.ended).toBe("left");
    await app.idle();
    const run = await app.readRun(runId);
    expect(run).toMatchObject({ status: "CANCELLED", cancelledItems: 1, failedItems: 0 });
    expect(run.items.nodes[0]).toMatchObject({ status: "CANCELLED", attempts: 1, error: null });
    expect(linesOf(run, "WARN").concat(linesOf(run, "ERROR"))).toEqual([]);
    expect(calls.slice(lines).join("\n")).not.toMatch(/failed/u);
  });
});

describe("drafts of an attempt that fails", () => {
  it("are withdrawn by the next ITEM_UPDATED, come anew with the next attempt, and are stored nowhere", async () => {
    const { item, seen, history, run } = await runWith(
      [
        says(TEXT, { tokensPerSecond: 250, broken: { after: Math.floor(TEXT.length * 0.9), by: "destroy" } }),
        answers(ANSWER, { tokensPerSecond: 250 }),
      ],
      1,
    );
    expect(item).toMatchObject({ status: "COMPLETED", attempts: 2 });
    const told = seen.filter(({ kind }) => kind === "ITEM_UPDATED" || kind === "DRAFTED");
    const withdrawn = told.findIndex(({ item: each }) => each?.status === "PENDING");
    const first = told.slice(0, withdrawn).flatMap(({ draft }) => draft?.index ?? []);
    const second = told.slice(withdrawn).flatMap(({ draft }) => draft?.index ?? []);
    expect(first.length).toBeGreaterThan(0);
    expect(first.at(-1)).toBeLessThan(5);
    expect(second).toEqual([0, 1, 2, 3, 4, 5]);
    // Not one of them between the withdrawal and the next attempt's begin.
    expect(told.slice(withdrawn, withdrawn + 2).map(({ item: each }) => each?.status)).toEqual([
      "PENDING",
      "GENERATING",
    ]);
    expect(history.map(({ kind }) => kind)).not.toContain("DRAFTED");
    const stored = await app.sql(
      `SELECT count(*)::int AS n FROM "RunEvent" WHERE "runId" = $1 AND data::text LIKE $2`,
      [rowId(run.id), "%Build part%"],
    );
    expect(stored).toEqual([{ n: 0 }]);
  });
});

describe("the program's log", () => {
  it("holds no key, story, context, wish or answer after all of that, and tells of every call that failed", () => {
    const lines = [...calls, ...app.logged.map((line) => JSON.stringify(line))];
    expect(calls.length).toBeGreaterThan(40);
    for (const secret of SECRETS) expect(lines.filter((line) => line.includes(secret))).toEqual([]);
    expect(app.complaints).toEqual([]);
  });
});
