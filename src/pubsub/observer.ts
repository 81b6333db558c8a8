/** Hears what the feed does. Called for every event and watcher: it must be quick and not throw. */
export interface FeedObserver {
  subscribed(): void;
  /** For whatever reason; once for each `subscribed`. */
  unsubscribed(): void;
  /** A watcher took something: an event, a snapshot or a draft. */
  delivered(): void;
  /** A watcher was ended with CONSUMER_TOO_SLOW. */
  tooSlow(): void;
  /** Events were read from the database, once for all who watch live. */
  eventsRead(count: number): void;
}

/** For a feed that nobody observes. */
export const UNOBSERVED: FeedObserver = {
  subscribed() {},
  unsubscribed() {},
  delivered() {},
  tooSlow() {},
  eventsRead() {},
};
