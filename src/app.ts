import type { Logger } from "pino";
import packageJson from "../package.json" with { type: "json" };
import { answersInTime } from "./answers-in-time.ts";
import { readEpicTitles } from "./backlog/epic-titles.ts";
import { readEpicsToFill, readFillContext } from "./backlog/fill-context.ts";
import { saveGeneratedStories } from "./backlog/generated-stories.ts";
import { readRunContext, readStoriesToSplit } from "./backlog/split-context.ts";
import { readStoryTitles } from "./backlog/story-titles.ts";
import { saveGeneratedSubtasks } from "./backlog/generated-subtasks.ts";
import { type Config, ConfigError } from "./config.ts";
import { createDatabase } from "./database/database.ts";
import { startEmbeddedServer } from "./database/embedded/embedded-server.ts";
import { migrate } from "./database/migrate.ts";
import { isUnavailable } from "./database/passing-error.ts";
import { createGenerateStoriesKind } from "./engine/kinds/generate-stories.ts";
import { createGenerateSubtasksKind } from "./engine/kinds/generate-subtasks.ts";
import type { RunKinds } from "./engine/kinds/registry.ts";
import type { ModelOffer } from "./engine/generation-options.ts";
import { createProviderPaces } from "./engine/pace/provider-paces.ts";
import { createRunQueue } from "./engine/queue.ts";
import { startRetention } from "./engine/retention.ts";
import { createRunJournal } from "./engine/run-journal.ts";
import { createRuns } from "./engine/runs.ts";
import { settleRuns } from "./engine/settle-runs.ts";
import { startWorker } from "./engine/worker.ts";
import { type PriceTable, PricesError, priceOf, readPrices } from "./generation/anthropic/prices.ts";
import { providerOf } from "./generation/anthropic/provider.ts";
import type { Generator } from "./generation/generator.ts";
import { createOutlineGenerator } from "./generation/outline.ts";
import { createMetrics, type Metrics } from "./metrics/metrics.ts";
import { createFeed } from "./pubsub/feed.ts";
import { createNotifications } from "./pubsub/notifications.ts";
import { shareDrafts } from "./pubsub/shared-drafts.ts";
import { shareWakeUps } from "./pubsub/shared-wake-ups.ts";
import { createWakeUps } from "./pubsub/wake-ups.ts";
import type { Services } from "./schema/context.ts";
import { buildSchema } from "./schema/schema.ts";
import { createTour } from "./server/graphiql/tour.ts";
import { createServer } from "./server/server.ts";

export const VERSION: string = packageJson.version;

/** A generator without a model costs nothing. */
const NO_MODELS: ModelOffer = { models: [], hasPrice: () => true };

/** A part that takes longer to answer is not ready: who asks wants to know now. */
const READINESS_MS = 2_000;

/** A running Storymill. */
export interface App {
  /** Where it answers, such as http://127.0.0.1:4000. A worker answers with its health only. */
  readonly url: string;
  readonly role: Config["role"];
  /** Who generates: "outline", or "anthropic (claude-…)". */
  readonly generator: string;
  /** Where the generator's model is asked; null where there is none. */
  readonly endpoint: string | null;
  /** Where its data is, for people; without a password. */
  readonly database: string;
  /** Runs that are watched in this process. */
  readonly watchedRuns: () => number;
  /** Ends it: sockets are closed, running items go back, the database is released. May be called more than once. */
  close(): Promise<void>;
}

/**
 * Builds every part, hands it its collaborators and starts it; where one cannot start, those before it are released.
 * @param options.generator instead of the configured one
 * @param options.retryBaseMs what a call that failed for a passing reason waits at first
 * @throws EmbeddedServerError, DatabaseError, or the system's error where the port cannot be listened on
 */
export async function createApp(options: {
  config: Config;
  log: Logger;
  generator?: Generator;
  retryBaseMs?: number;
}): Promise<App> {
  const { config, log, retryBaseMs = 1_000 } = options;
  await using starting = new AsyncDisposableStack();

  const embedded =
    config.databaseUrl === null
      ? await startEmbeddedServer({ dataDir: config.dataDir, log: (line) => log.info(line) })
      : null;
  if (embedded !== null) starting.defer(() => embedded.close());
  const url = embedded?.url ?? config.databaseUrl ?? "";
  const migrated = await migrate(url, VERSION);
  if (migrated.length > 0) log.info({ migrations: migrated }, "the database was migrated");
  const database = createDatabase({ url, onError: (err) => log.warn({ err }, "a database connection broke") });
  starting.defer(() => database.close());

  const metrics = createMetrics({ models: config.anthropic.models });
  starting.defer(() => metrics.close());
  metrics.watchDatabase(database);
  const observer = createRunJournal(log, metrics.engine);

  const notifications = await createNotifications({
    url,
    onError: (err) => log.warn({ err }, "the connection to the other processes broke; connecting again"),
  });
  starting.defer(() => notifications.close());
  const wakeUps = shareWakeUps(createWakeUps(), notifications);
  const feed = createFeed({
    database,
    wakeUps,
    observer: metrics.feed,
    onError: (err, runId) => log.warn({ err, runId }, "the events of a run could not be read; trying again"),
  });
  starting.defer(() => feed.close());
  const drafts = shareDrafts(feed, notifications);

  const { generator, offer, endpoint } = options.generator
    ? { generator: options.generator, offer: NO_MODELS, endpoint: null }
    : await createGenerator(config, log, metrics);
  const store = { readStoryTitles, readRunContext, readStoriesToSplit, saveGeneratedSubtasks };
  const subtasks = createGenerateSubtasksKind(generator, offer, store);
  const fillStore = { readEpicTitles, readFillContext, readEpicsToFill, saveGeneratedStories };
  const stories = createGenerateStoriesKind(generator, offer, fillStore);
  const kinds: RunKinds = { GENERATE_SUBTASKS: subtasks, GENERATE_STORIES: stories };
  // Closed after the queue, which waits for runs under way.
  const providers = createProviderPaces({ generator, database, log });
  starting.defer(() => providers.close());
  const works = config.role !== "api";
  const queue = await createRunQueue({ url, works, historyDays: config.runHistoryDays, log });
  starting.defer(() => queue.close());
  if (works) {
    metrics.watchPace(providers);
    const parts = { database, wakeUps, drafts, kinds, providers, retryBaseMs, queue, log, observer };
    const worker = await startWorker(parts);
    starting.defer(() => worker.close());
    const retention = startRetention({ database, historyDays: config.runHistoryDays, log, observer });
    starting.defer(() => retention.close());
  }

  const services: Services = {
    database,
    feed,
    runs: createRuns({ database, queue, wakeUps, kinds, generator, store, observer }),
    settleRuns: (tx, going) => settleRuns(wakeUps, tx, going, observer),
  };
  const server = await createServer({
    schema: config.role === "worker" ? null : buildSchema(),
    context: () => ({ ...services, loaders: new Map() }),
    host: config.host,
    port: config.port,
    limits: config.clientLimits,
    log,
    isUnavailable,
    scrape: metrics.scrape,
    observer: metrics.server,
    graphiqlTabs: createTour(config.generator),
    readiness: async () => {
      const [databaseState, queueState] = await Promise.all([
        answersInTime(() => database.prisma.$queryRaw`SELECT 1`, READINESS_MS),
        answersInTime(() => queue.check(), READINESS_MS),
      ]);
      const parts = {
        database: databaseState,
        queue: queueState,
        listener: notifications.connected ? "ok" : "unreachable",
      };
      return { ready: Object.values(parts).every((part) => part === "ok"), parts };
    },
  });
  starting.defer(() => server.close());

  const running = starting.move();
  return {
    url: server.url,
    role: config.role,
    generator: subtasks.generator,
    endpoint,
    database: embedded === null ? withoutPassword(url) : `embedded, in ${embedded.dataDir}`,
    watchedRuns: () => feed.watchedRuns,
    close: () => running.disposeAsync(),
  };
}

/** The configured generator, and what runs may ask of it. @throws ConfigError for prices that are none */
async function createGenerator(
  { generator, anthropic }: Config,
  log: Logger,
  metrics: Metrics,
): Promise<{ generator: Generator; offer: ModelOffer; endpoint: string | null }> {
  if (generator === "outline") return { generator: createOutlineGenerator(), offer: NO_MODELS, endpoint: null };
  // Loaded late: who goes without a model does not wait for what would ask one.
  const { createAnthropicGenerator } = await import("./generation/anthropic/anthropic-generator.ts");
  const { apiKey, baseUrl, model, models, effort } = anthropic;
  const prices = readConfiguredPrices(anthropic.prices);
  return {
    generator: createAnthropicGenerator({
      apiKey,
      baseURL: baseUrl,
      model,
      effort,
      prices,
      log,
      observer: metrics.calls,
    }),
    offer: { models, hasPrice: (named) => priceOf(named ?? model, prices) !== null },
    endpoint: providerOf(baseUrl).baseURL,
  };
}

function readConfiguredPrices(overrides: unknown): PriceTable {
  try {
    return readPrices(overrides);
  } catch (cause) {
    throw cause instanceof PricesError ? new ConfigError(`PRICES: ${cause.message}`, { cause }) : cause;
  }
}

function withoutPassword(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
