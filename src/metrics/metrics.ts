import { Registry } from "prom-client";
import type { EngineObserver } from "../engine/observer.ts";
import type { CallObserver } from "../generation/anthropic/call-claude.ts";
import type { FeedObserver } from "../pubsub/observer.ts";
import type { Scrape } from "../server/metrics.ts";
import type { ServerObserver } from "../server/observer.ts";
import { createDatabaseMetrics, type DatabaseReader } from "./database-metrics.ts";
import { createEngineMetrics } from "./engine-metrics.ts";
import { createFeedMetrics } from "./feed-metrics.ts";
import { createPaceMetrics } from "./pace-metrics.ts";
import { createProcessMetrics } from "./process-metrics.ts";
import { createProviderMetrics } from "./provider-metrics.ts";
import { createServerMetrics } from "./server-metrics.ts";

/** What Prometheus may know of one app: observers that the rooms tell what happens, and gauges read at each scrape. */
export interface Metrics {
  readonly server: ServerObserver;
  readonly feed: FeedObserver;
  readonly engine: EngineObserver;
  readonly calls: CallObserver;
  /** From now on scrapes tell of the connections and of the queue. */
  watchDatabase(database: DatabaseReader): void;
  /** From now on scrapes tell how hard the provider is driven. */
  watchPace(pace: { readonly inFlightLimit: number; readonly inFlight: number }): void;
  /** Everything, in Prometheus' format. A database that is away does not fail it. */
  readonly scrape: Scrape;
  close(): void;
}

/**
 * The metrics of one app, in a registry of its own: another app of the process has others. What they mean is told in
 * docs/metrics.md. No label takes a value that a client can choose.
 * @param options.models that may be asked; any other is told of as "other"
 */
export function createMetrics(options: { models: readonly string[] }): Metrics {
  const registry = new Registry();
  const models = new Set(options.models);
  const labelOf = (model: string | null) => (model === null ? "none" : models.has(model) ? model : "other");
  const processMetrics = createProcessMetrics(registry);
  let readDatabase = async () => {};

  return {
    server: createServerMetrics(registry),
    feed: createFeedMetrics(registry),
    engine: createEngineMetrics(registry, labelOf),
    calls: createProviderMetrics(registry, labelOf),
    watchDatabase(database) {
      readDatabase = createDatabaseMetrics(registry, database);
    },
    watchPace: (pace) => createPaceMetrics(registry, pace),
    async scrape() {
      await readDatabase();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
    close: () => processMetrics.close(),
  };
}
