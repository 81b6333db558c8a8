import { Counter, Histogram, type Registry } from "prom-client";
import type { CallObserver } from "../generation/anthropic/call-claude.ts";

/** A streamed answer takes seconds to minutes. */
const SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600];

/** Calls to the provider, each on its own: an attempt of an item may be several. */
export function createProviderMetrics(registry: Registry, labelOf: (model: string) => string): CallObserver {
  const registers = [registry];
  const calls = new Counter({
    name: "storymill_provider_calls_total",
    help: "Calls to the model's provider that are over, by model and outcome (succeeded, failed, throttled or aborted).",
    labelNames: ["model", "outcome"],
    registers,
  });
  const durations = new Histogram({
    name: "storymill_provider_call_duration_seconds",
    help: "Time from a call to the provider to the end of its answer, by model and outcome.",
    labelNames: ["model", "outcome"],
    buckets: SECONDS,
    registers,
  });
  return {
    callEnded({ model: asked, outcome, durationMs }) {
      const model = labelOf(asked);
      calls.inc({ model, outcome });
      durations.observe({ model, outcome }, durationMs / 1_000);
    },
  };
}
