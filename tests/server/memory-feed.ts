import { GraphQLError } from "graphql";
import { type Progress, progressOf, snapshot } from "../../src/pubsub/progress.ts";
import { createRunChannel } from "../../src/pubsub/run-channel.ts";
import { hasEnded, type RunEvent } from "../../src/pubsub/run-events.ts";
import { createSubscriber, type Subscriber } from "../../src/pubsub/subscriber.ts";
import { itemRow } from "../support/run-rows.ts";
import { turn } from "./memory-socket.ts";

/** Small enough that a client that reads nothing for a while is too slow. */
const BUFFER = 6;
const PAGE = 3;

/** A run's events in memory, behind the channel and the buffers that the feed has; `after` is a seq. */
export interface MemoryFeed {
  watch(after: string | null): Promise<AsyncIterableIterator<Progress>>;
  append(event: RunEvent): void;
  draft(title: string): void;
  /** The run is deleted. */
  remove(): void;
  readonly watchers: number;
}

export function createMemoryFeed(first: RunEvent): MemoryFeed {
  const events = [first];
  let removed = false;
  const open = new Set<Subscriber<Progress>>();
  const gone = () => new GraphQLError("There is no run.", { extensions: { code: "NOT_FOUND" } });
  const readAfter = (seq: number) => events.filter((event) => event.seq > seq).slice(0, PAGE);
  const channel = createRunChannel({
    read: async (seq) => {
      // As a database would: meanwhile everybody takes what came before.
      await turn();
      return removed ? null : readAfter(seq);
    },
    pageSize: PAGE,
    gone,
    onReadError: (error) => {
      throw error;
    },
  });

  async function catchUp(subscriber: Subscriber<Progress>, seq: number): Promise<void> {
    let last = events.find((event) => event.seq === seq) ?? first;
    let place = seq;
    while (!subscriber.closed) {
      const next = readAfter(place);
      for (const event of next) {
        subscriber.push(progressOf(event));
        last = event;
        place = event.seq;
      }
      if (hasEnded(last.run) && place === last.seq) return subscriber.end();
      if (next.length === 0 && channel.join(subscriber, place, last.run)) return;
      await subscriber.drained();
    }
  }

  return {
    get watchers() {
      return open.size;
    },
    async watch(after) {
      const head = events.at(-1) ?? first;
      if (removed) throw gone();
      const seq = after === null ? head.seq : Number(after);
      if (!(seq <= head.seq)) throw new GraphQLError("No cursor.", { extensions: { code: "BAD_CURSOR" } });
      const subscriber = createSubscriber<Progress>(BUFFER, () => {
        channel.leave(subscriber);
        open.delete(subscriber);
      });
      open.add(subscriber);
      if (after === null) subscriber.push(snapshot(head.run));
      void catchUp(subscriber, seq);
      return subscriber;
    },
    append(event) {
      events.push(event);
      channel.wake();
    },
    draft(title) {
      const { seq } = events.at(-1) ?? first;
      const draft = { index: 0, title, description: "", effort: null };
      channel.draft({ runId: first.run.id, item: itemRow(), seq, draft });
    },
    remove() {
      removed = true;
      channel.wake();
    },
  };
}
