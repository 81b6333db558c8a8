import { describe, expect, it, vi } from "vitest";
import { GraphQLError } from "graphql";
import { createSubscriber } from "../../src/pubsub/subscriber.ts";

const DONE = { value: undefined, done: true };
const gone = new GraphQLError("Gone.", { extensions: { code: "NOT_FOUND" } });
const withCode = (code: string) => expect.objectContaining({ extensions: { code } });

function create(limit = 4) {
  const onClose = vi.fn();
  return { onClose, subscriber: createSubscriber<number>(limit, onClose) };
}

describe("a subscriber", () => {
  it("gives what was pushed before and after it was asked, once and in order", async () => {
    const { subscriber } = create();
    subscriber.push(1);
    const taken = [subscriber.next(), subscriber.next(), subscriber.next()];
    subscriber.push(2);
    subscriber.push(3);
    expect((await Promise.all(taken)).map(({ value }) => value)).toEqual([1, 2, 3]);
  });

  it("gives what is buffered before it ends", async () => {
    const { subscriber } = create();
    subscriber.push(1);
    subscriber.push(2);
    subscriber.end();
    subscriber.push(3);
    expect(await Array.fromAsync(subscriber)).toEqual([1, 2]);
  });

  it("ends with CONSUMER_TOO_SLOW one value past its bound, and holds nothing any more", async () => {
    const { subscriber, onClose } = create(4);
    for (const value of [1, 2, 3, 4]) subscriber.push(value);
    expect(subscriber.closed).toBe(false);
    subscriber.push(5);
    expect([subscriber.closed, onClose.mock.calls.length]).toEqual([true, 1]);
    await expect(subscriber.next()).rejects.toEqual(withCode("CONSUMER_TOO_SLOW"));
    expect(await subscriber.next()).toEqual(DONE);
  });

  it("fails at once, without what is buffered, and tells why once", async () => {
    const { subscriber } = create();
    subscriber.push(1);
    subscriber.fail(gone);
    await expect(subscriber.next()).rejects.toBe(gone);
    expect(await subscriber.next()).toEqual(DONE);
  });

  it("tells who is waiting why it failed", async () => {
    const { subscriber } = create();
    const first = subscriber.next();
    const second = subscriber.next();
    subscriber.fail(gone);
    await expect(first).rejects.toBe(gone);
    expect(await second).toEqual(DONE);
  });

  it("lets a consumer leave that waits for a value which never comes", async () => {
    const { subscriber, onClose } = create();
    const waiting = subscriber.next();
    expect(await subscriber.return?.()).toEqual(DONE);
    expect(await waiting).toEqual(DONE);
    expect(onClose).toHaveBeenCalledTimes(1);
  });

  it("lets a consumer leave that has not taken what is buffered", async () => {
    const { subscriber } = create();
    subscriber.push(1);
    await subscriber.return?.();
    expect(await subscriber.next()).toEqual(DONE);
  });

  it("is released when its consumer breaks out of a loop", async () => {
    const { subscriber, onClose } = create();
    subscriber.push(1);
    for await (const value of subscriber) if (value === 1) break;
    expect([subscriber.closed, onClose.mock.calls.length]).toEqual([true, 1]);
  });

  it("is released once, in whatever ways it ends", async () => {
    const { subscriber, onClose } = create();
    subscriber.push(1);
    subscriber.end();
    subscriber.end();
    subscriber.fail(gone);
    await subscriber.return?.();
    await subscriber.throw?.(new Error("whatever"));
    expect(onClose).toHaveBeenCalledTimes(1);
  });

  it("makes who fills it wait until all has been taken", async () => {
    const { subscriber } = create(4);
    const order: string[] = [];
    for (const value of [1, 2, 3]) subscriber.push(value);
    expect([subscriber.crowded, subscriber.waiting]).toEqual([true, 3]);
    const drained = subscriber.drained().then(() => order.push("drained"));
    for (const value of [1, 2, 3]) await subscriber.next().then(() => order.push(`taken ${value}`));
    await drained;
    expect(order).toEqual(["taken 1", "taken 2", "taken 3", "drained"]);
    expect([subscriber.crowded, subscriber.waiting]).toEqual([false, 0]);
    await subscriber.drained();
  });

  it("lets who fills it go when it ends", async () => {
    const { subscriber } = create(4);
    for (const value of [1, 2, 3]) subscriber.push(value);
    const drained = subscriber.drained();
    await subscriber.return?.();
    await drained;
  });
});
