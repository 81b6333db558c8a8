import { Counter, Gauge, type Registry } from "prom-client";
import type { FeedObserver } from "../pubsub/observer.ts";

/** Who watches runs, and what they get. */
export function createFeedMetrics(registry: Registry): FeedObserver {
  const registers = [registry];
  const open = new Gauge({
    name: "storymill_subscriptions_open",
    help: "Subscriptions to runs that are open.",
    registers,
  });
  const delivered = new Counter({
    name: "storymill_events_delivered_total",
    help: "Events, snapshots and drafts that subscribers took.",
    registers,
  });
  const tooSlow = new Counter({
    name: "storymill_subscribers_too_slow_total",
    help: "Subscribers ended with CONSUMER_TOO_SLOW.",
    registers,
  });
  const read = new Counter({
    name: "storymill_events_read_total",
    help: "Events read from the database for subscribers.",
    registers,
  });
  return {
    subscribed: () => open.inc(),
    unsubscribed: () => open.dec(),
    delivered: () => delivered.inc(),
    tooSlow: () => tooSlow.inc(),
    eventsRead: (count) => read.inc(count),
  };
}
