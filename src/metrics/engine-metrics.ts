import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { EngineObserver } from "../engine/observer.ts";

/** An item is a call or a few of a model: seconds to minutes; a run is some to hundreds of them. */
const ITEM_SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600];
const RUN_SECONDS = [1, 5, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 10_800];

/**
 * The life of runs and their items, and what they spend.
 * @param labelOf what a model is called in labels
 */
export function createEngineMetrics(registry: Registry, labelOf: (model: string | null) => string): EngineObserver {
  const registers = [registry];
  const counter = <T extends string>(name: string, help: string, labelNames: T[]) =>
    new Counter({ name, help, labelNames, registers });
  const queued = counter("storymill_runs_queued_total", "Runs that were started or retried, by type.", ["type"]);
  const started = counter("storymill_runs_started_total", "Runs that a worker took up, by type.", ["type"]);
  const takenOver = counter(
    "storymill_runs_taken_over_total",
    "Runs that a worker took over from one that stopped, by type.",
    ["type"],
  );
  const ended = counter("storymill_runs_ended_total", "Runs that ended, by type and outcome.", ["type", "outcome"]);
  const runDuration = new Histogram({
    name: "storymill_run_duration_seconds",
    help: "Time from a run's start by a worker to its end, by type and outcome.",
    labelNames: ["type", "outcome"],
    buckets: RUN_SECONDS,
    registers,
  });
  const items = counter("storymill_items_ended_total", "Items that ended, by type of their run and outcome.", [
    "type",
    "outcome",
  ]);
  const itemDuration = new Histogram({
    name: "storymill_item_duration_seconds",
    help: "Time from an item's last start to its end, by type of its run and outcome; items never started have none.",
    labelNames: ["type", "outcome"],
    buckets: ITEM_SECONDS,
    registers,
  });
  const attempts = counter(
    "storymill_item_attempts_total",
    "Calls of the generator for an item, by type of its run and outcome (succeeded, failed, throttled or aborted).",
    ["type", "outcome"],
  );
  const retries = counter("storymill_item_retries_total", "Items that were put back for another attempt, by type.", [
    "type",
  ]);
  const appended = counter("storymill_events_appended_total", "Events written to the logs of runs.", []);
  const cleaned = counter("storymill_events_cleaned_total", "Events deleted since their run ended long ago.", []);
  const active = new Gauge({
    name: "storymill_runs_active",
    help: "Runs that this process is working on.",
    registers,
  });
  const tokens = counter(
    "storymill_tokens_total",
    "Tokens spent, by kind (input, output, cache_read or cache_write) and model.",
    ["kind", "model"],
  );
  const cost = counter(
    "storymill_cost_usd_total",
    "US dollars spent, by model; models without a known price add none.",
    ["model"],
  );
  return {
    runQueued: ({ type }) => queued.inc({ type }),
    runStarted: ({ type }) => started.inc({ type }),
    runTakenOver: ({ type }) => takenOver.inc({ type }),
    runEnded({ type, status: outcome, startedAt, completedAt }) {
      ended.inc({ type, outcome });
      if (startedAt === null || completedAt === null) return;
      runDuration.observe({ type, outcome }, (completedAt.getTime() - startedAt.getTime()) / 1_000);
    },
    itemsEnded({ type, outcome, count, durationsMs }) {
      items.inc({ type, outcome }, count);
      for (const ms of durationsMs) itemDuration.observe({ type, outcome }, ms / 1_000);
    },
    itemRetried: (type) => retries.inc({ type }),
    eventsAppended: (count) => appended.inc(count),
    executionBegan: () => active.inc(),
    executionEnded: () => active.dec(),
    attemptEnded: (type, outcome) => attempts.inc({ type, outcome }),
    spent(asked, { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costUsd }) {
      const model = labelOf(asked);
      tokens.inc({ kind: "input", model }, inputTokens);
      tokens.inc({ kind: "output", model }, outputTokens);
      tokens.inc({ kind: "cache_read", model }, cacheReadTokens);
      tokens.inc({ kind: "cache_write", model }, cacheWriteTokens);
      cost.inc({ model }, costUsd ?? 0);
    },
    eventsCleaned: (count) => cleaned.inc(count),
  };
}
