import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { ServerObserver } from "../server/observer.ts";

const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Requests, operations and sockets. */
export function createServerMetrics(registry: Registry): ServerObserver {
  const registers = [registry];
  const requests = new Counter({
    name: "storymill_http_requests_total",
    help: "HTTP requests that are over, by path (one of the server's own, or other) and status.",
    labelNames: ["path", "status"],
    registers,
  });
  const operations = new Counter({
    name: "storymill_graphql_operations_total",
    help: "GraphQL operations answered, by transport, type and outcome (succeeded, refused or failed).",
    labelNames: ["transport", "type", "outcome"],
    registers,
  });
  const durations = new Histogram({
    name: "storymill_graphql_operation_duration_seconds",
    help: "Time from a GraphQL operation's arrival to its answer, for a subscription to the beginning of its stream.",
    labelNames: ["type"],
    buckets: SECONDS,
    registers,
  });
  const sockets = new Gauge({ name: "storymill_websockets_open", help: "WebSockets that are open.", registers });
  return {
    requestAnswered: (path, status) => requests.inc({ path, status }),
    operationAnswered({ transport, type, outcome, durationMs }) {
      operations.inc({ transport, type, outcome });
      durations.observe({ type }, durationMs / 1_000);
    },
    socketOpened: () => sockets.inc(),
    socketClosed: () => sockets.dec(),
  };
}
