import { constants, monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** A timer of this many milliseconds measures the event loop's delay; at prom-client's 10 it takes 0.5 % of a core when idle. */
const RESOLUTION_MS = 100;
const GC_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1];
const GC_KINDS = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, "major"],
  [constants.NODE_PERFORMANCE_GC_MINOR, "minor"],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, "incremental"],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, "weakcb"],
]);

/**
 * The process itself, under the names that dashboards for Node know. prom-client has this built in (collectDefaultMetrics), with
 * a timer and an observer that nothing stops any more.
 */
export function createProcessMetrics(registry: Registry): { close(): void } {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  const cpu = (name: string, help: string, read: (usage: NodeJS.CpuUsage) => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read(process.cpuUsage()) / 1e6);
      },
    });
  cpu("process_cpu_user_seconds_total", "CPU time spent in the program.", ({ user }) => user);
  cpu("process_cpu_system_seconds_total", "CPU time spent in the system for it.", ({ system }) => system);
  cpu("process_cpu_seconds_total", "CPU time spent, both together.", ({ user, system }) => user + system);
  const startedAt = performance.timeOrigin / 1_000;
  gauge("process_start_time_seconds", "When the process started, in seconds of the epoch.", () => startedAt);
  gauge("process_resident_memory_bytes", "Memory that the process holds.", () => process.memoryUsage.rss());
  gauge("nodejs_heap_size_total_bytes", "Size of the heap.", () => process.memoryUsage().heapTotal);
  gauge("nodejs_heap_size_used_bytes", "What of the heap is in use.", () => process.memoryUsage().heapUsed);
  gauge("nodejs_external_memory_bytes", "Memory outside of the heap.", () => process.memoryUsage().external);

  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  /** Beyond the timer's own time; since the scrape before. */
  const beyond = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1_000) || 0;
  gauge("nodejs_eventloop_lag_p50_seconds", "Half of the event loop's delays were up to this.", () =>
    beyond(delay.percentile(50)),
  );
  gauge("nodejs_eventloop_lag_p99_seconds", "99 % of the event loop's delays were up to this.", () =>
    beyond(delay.percentile(99)),
  );
  // The last of the three that is registered, and so read.
  gauge("nodejs_eventloop_lag_max_seconds", "The longest of the event loop's delays since the scrape before.", () => {
    const longest = beyond(delay.max);
    delay.reset();
    return longest;
  });

  const collections = new Histogram({
    name: "nodejs_gc_duration_seconds",
    help: "Garbage collections, by kind: major, minor, incremental or weakcb.",
    labelNames: ["kind"],
    buckets: GC_SECONDS,
    registers,
  });
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) collections.observe({ kind: kindOf(entry) }, entry.duration / 1_000);
  });
  observer.observe({ entryTypes: ["gc"] });

  const version = new Gauge({
    name: "nodejs_version_info",
    help: "1, with the version of Node.js.",
    labelNames: ["version"],
    registers,
  });
  version.set({ version: process.version }, 1);
  return {
    close() {
      delay.disable();
      observer.disconnect();
    },
  };
}

function kindOf(entry: PerformanceEntry): string {
  const detail = "detail" in entry ? entry.detail : null;
  const kind = typeof detail === "object" && detail !== null && "kind" in detail ? detail.kind : null;
  return (typeof kind === "number" && GC_KINDS.get(kind)) || "other";
}
