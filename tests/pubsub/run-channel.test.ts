import { describe, expect, it, vi } from "vitest";
import { GraphQLError } from "graphql";
import type { Progress } from "../../src/pubsub/progress.ts";
import { createRunChannel } from "../../src/pubsub/run-channel.ts";
import type { RunEvent } from "../../src/pubsub/run-events.ts";
import { createSubscriber, type Subscriber } from "../../src/pubsub/subscriber.ts";
import { itemRow, runEvent, runRow } from "../support/run-rows.ts";

const PAGE = 3;
const gone = new GraphQLError("Gone.", { extensions: { code: "NOT_FOUND" } });

/** A channel whose reads the test answers, and whose subscribers keep what they got. */
function create() {
  const reads: { after: number; answer: PromiseWithResolvers<readonly RunEvent[] | null> }[] = [];
  const onReadError = vi.fn();
  const channel = createRunChannel({
    read: (after) => {
      const answer = Promise.withResolvers<readonly RunEvent[] | null>();
      reads.push({ after, answer });
      return answer.promise;
    },
    pageSize: PAGE,
    gone: () => gone,
    onReadError,
  });
  return {
    channel,
    onReadError,
    subscriber: (): Subscriber<Progress> & { taken: () => Promise<string[]> } => {
      const subscriber = createSubscriber<Progress>(100, () => channel.leave(subscriber));
      return Object.assign(subscriber, { taken: () => take(subscriber) });
    },
    /** Answers the read under way, which must be after this seq. */
    answer: async (after: number, events: readonly RunEvent[] | null): Promise<void> => {
      await expect.poll(() => reads.map((read) => read.after)).toEqual([after]);
      reads.shift()?.answer.resolve(events);
      await new Promise((resolve) => setImmediate(resolve));
    },
    reject: async (error: Error): Promise<void> => {
      reads.shift()?.answer.reject(error);
      await expect.poll(() => onReadError.mock.calls.length).toBeGreaterThan(0);
    },
    reads: () => reads.map(({ after }) => after),
  };
}

/** What is buffered, and how it ended if it did. */
async function take(subscriber: Subscriber<Progress>): Promise<string[]> {
  const got: string[] = [];
  for (;;) {
    const next = await Promise.race([
      subscriber.next().catch((error: GraphQLError) => String(error.extensions["code"])),
      new Promise<null>((resolve) => setImmediate(() => resolve(null))),
    ]);
    if (next === null) return got;
    if (typeof next === "string") return [...got, next];
    if (next.done === true) return [...got, "end"];
    const { kind, seq, draft } = next.value;
    got.push(kind === "DRAFTED" ? `draft ${draft?.title} at ${seq}` : String(seq));
  }
}

function draftOf(itemId: string, seq: number, title = itemId) {
  const draft = { index: 0, title, description: "", effort: null };
  return { runId: runRow().id, item: itemRow({ id: itemId }), seq, lease: runRow().lease, draft };
}

const events = (...seqs: number[]) => seqs.map((seq) => runEvent(seq));
const ofItem = (seq: number, itemId: string) => runEvent(seq, { item: itemRow({ id: itemId }) });

describe("a run's channel", () => {
  it("reads what is new once and gives it to all who are live", async () => {
    const { channel, subscriber, answer, reads } = create();
    const [one, two] = [subscriber(), subscriber()];
    channel.join(one, 4, runRow({ seq: 4 }));
    channel.join(two, 4, runRow({ seq: 4 }));
    await answer(4, events(5, 6));
    await answer(6, []);
    expect([await one.taken(), await two.taken(), reads()]).toEqual([["5", "6"], ["5", "6"], []]);
  });

  it("reads on while pages are full", async () => {
    const { channel, subscriber, answer } = create();
    const one = subscriber();
    channel.join(one, 0, runRow());
    await answer(0, events(1, 2, 3));
    await answer(3, events(4));
    expect(await one.taken()).toEqual(["1", "2", "3", "4"]);
  });

  it("reads once more after a wake-up that came during a read", async () => {
    const { channel, subscriber, answer, reads } = create();
    const one = subscriber();
    channel.join(one, 1, runRow());
    channel.wake();
    channel.wake();
    await answer(1, []);
    await answer(1, events(2));
    expect([await one.taken(), reads()]).toEqual([["2"], []]);
  });

  it("does not read while nobody is live", async () => {
    const { channel, subscriber, answer, reads } = create();
    channel.wake();
    const one = subscriber();
    channel.join(one, 1, runRow());
    await answer(1, []);
    await one.return?.();
    channel.wake();
    expect(reads()).toEqual([]);
  });

  it("gives nobody what it has already, though it is read for others", async () => {
    const { channel, subscriber, answer } = create();
    const [early, late] = [subscriber(), subscriber()];
    channel.join(early, 4, runRow());
    channel.join(late, 6, runRow());
    await answer(4, events(5, 6, 7));
    await answer(7, []);
    expect([await early.taken(), await late.taken()]).toEqual([["5", "6", "7"], ["7"]]);
  });

  it("sends away who is behind, to read on first", async () => {
    const { channel, subscriber } = create();
    channel.join(subscriber(), 10, runRow());
    expect(channel.join(subscriber(), 9, runRow())).toBe(false);
    expect(channel.join(subscriber(), 10, runRow())).toBe(true);
  });

  it("leaves no gap for who joins behind a read that began for somebody who has left since", async () => {
    const { channel, subscriber, answer } = create();
    const [first, behind, ahead] = [subscriber(), subscriber(), subscriber()];
    channel.join(first, 10, runRow());
    await first.return?.();
    expect(channel.join(behind, 5, runRow())).toBe(false);
    expect(channel.join(ahead, 12, runRow())).toBe(true);
    await answer(10, events(11, 12));
    await answer(12, events(13));
    expect(await ahead.taken()).toEqual(["13"]);
  });

  it("ends everybody with the run's last event", async () => {
    const { channel, subscriber, answer } = create();
    const one = subscriber();
    channel.join(one, 1, runRow());
    await answer(1, [runEvent(2), runEvent(3, { run: { status: "SUCCEEDED" } })]);
    expect(await one.taken()).toEqual(["2", "3", "end"]);
  });

  it("ends everybody with NOT_FOUND when the run is gone", async () => {
    const { channel, subscriber, answer } = create();
    const one = subscriber();
    channel.join(one, 1, runRow());
    await answer(1, null);
    expect(await one.taken()).toEqual(["NOT_FOUND"]);
  });

  it("outlives a read that failed, and goes on where it was", async () => {
    const { channel, subscriber, answer, reject } = create();
    const one = subscriber();
    channel.join(one, 1, runRow());
    await reject(new Error("the database is away"));
    channel.wake();
    await answer(1, events(2));
    expect(await one.taken()).toEqual(["2"]);
  });
});

describe("drafts", () => {
  it("of an executor that the run was taken from reach nobody, though they join after that", async () => {
    const { channel, subscriber } = create();
    const late = subscriber();
    channel.join(late, 9, runRow({ lease: 2 }));
    channel.draft({ ...draftOf("a", 5, "void"), lease: 1 });
    channel.draft({ ...draftOf("a", 9, "good"), lease: 2 });
    expect(await late.taken()).toEqual(["draft good at 9"]);
  });

  it("come at once after the event with which their attempt began, with its seq", async () => {
    const { channel, subscriber, answer } = create();
    const one = subscriber();
    channel.join(one, 1, runRow());
    await answer(1, [ofItem(2, "a")]);
    channel.draft(draftOf("a", 2, "first"));
    channel.draft(draftOf("a", 2, "second"));
    expect(await one.taken()).toEqual(["2", "draft first at 2", "draft second at 2"]);
  });

  it("wait for that event where they overtook it", async () => {
    const { channel, subscriber, answer } = create();
    const one = subscriber();
    channel.join(one, 1, runRow());
    channel.draft(draftOf("a", 3));
    await answer(1, [runEvent(2), ofItem(3, "a")]);
    expect(await one.taken()).toEqual(["2", "3", "draft a at 3"]);
  });

  it("never come after a later event of their item", async () => {
    const { channel, subscriber, answer } = create();
    const one = subscriber();
    channel.join(one, 1, runRow());
    await answer(1, [ofItem(2, "a"), ofItem(3, "b"), ofItem(4, "a")]);
    await answer(4, []);
    channel.draft(draftOf("a", 2));
    channel.draft(draftOf("b", 3));
    expect(await one.taken()).toEqual(["2", "3", "4", "draft b at 4"]);
  });

  it("that wait are dropped where a later event of their item comes with the one they wait for", async () => {
    const { channel, subscriber, answer } = create();
    const one = subscriber();
    channel.join(one, 1, runRow());
    channel.draft(draftOf("a", 2));
    channel.draft(draftOf("b", 4));
    await answer(1, [ofItem(2, "a"), ofItem(3, "a"), ofItem(4, "b")]);
    await answer(4, []);
    expect(await one.taken()).toEqual(["2", "draft a at 2", "3", "4", "draft b at 4"]);
  });

  it("are told as of when the run was last heard of, by any who sees them", async () => {
    const { channel, answer } = create();
    const heard = (ms: number) => runRow({ seq: 2, heartbeatAt: new Date(ms) });
    const [early, late] = [createSubscriber<Progress>(9, () => {}), createSubscriber<Progress>(9, () => {})];
    const next = async (of: Subscriber<Progress>) => (await of.next()).value?.at;
    channel.join(early, 2, heard(1_000));
    await answer(2, []);
    channel.draft(draftOf("a", 2));
    expect(await next(early)).toEqual(new Date(1_000));
    // Joins after a heartbeat, which is no event.
    channel.join(late, 2, heard(6_000));
    channel.draft(draftOf("a", 2));
    expect([await next(early), await next(late)]).toEqual([new Date(6_000), new Date(6_000)]);
  });

  it("are told to who joined ahead of the channel as of then, once it is as far", async () => {
    const { channel, answer } = create();
    const [behind, ahead] = [createSubscriber<Progress>(9, () => {}), createSubscriber<Progress>(9, () => {})];
    channel.join(behind, 1, runRow({ heartbeatAt: new Date(1_000) }));
    channel.join(ahead, 2, runRow({ seq: 2, heartbeatAt: new Date(9_000) }));
    channel.draft(draftOf("a", 1));
    await answer(1, [runEvent(2, { run: { heartbeatAt: new Date(4_000) } })]);
    await answer(2, []);
    channel.draft(draftOf("a", 2));
    const taken = await Promise.all([behind.next(), behind.next(), behind.next(), ahead.next()]);
    expect(taken.map(({ value }) => [value?.seq, value?.kind === "DRAFTED" ? value.at.getTime() : null])).toEqual([
      [1, 1_000],
      [2, null],
      [2, 9_000],
      [2, 9_000],
    ]);
  });

  it("are not shown to who is crowded: they must not be what ends it", async () => {
    const { channel, answer } = create();
    const one = createSubscriber<Progress>(2, () => channel.leave(one));
    channel.join(one, 1, runRow());
    await answer(1, [ofItem(2, "a")]);
    for (let i = 0; i < 10; i += 1) channel.draft(draftOf("a", 2));
    expect(one.closed).toBe(false);
    expect(await take(one)).toEqual(["2", "draft a at 2"]);
  });

  it("cost nothing while nobody is live, and a bounded number wait", async () => {
    const { channel, subscriber, answer } = create();
    channel.draft(draftOf("a", 1));
    const one = createSubscriber<Progress>(10_000, () => {});
    channel.join(one, 1, runRow());
    for (let i = 0; i < 5_000; i += 1) channel.draft(draftOf("a", 2));
    await answer(1, [ofItem(2, "a")]);
    expect(await take(one)).toHaveLength(1 + 1_000);
    expect(await subscriber().taken()).toEqual([]);
  });
});
