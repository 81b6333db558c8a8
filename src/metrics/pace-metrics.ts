import { Gauge, type Registry } from "prom-client";

/** How hard ADAPTIVE runs of this process drive the provider, as it is at each scrape. */
export function createPaceMetrics(
  registry: Registry,
  pace: { readonly inFlightLimit: number; readonly inFlight: number },
): void {
  const gauge = (name: string, help: string, read: () => number) => {
    const collect = function (this: Gauge) {
      this.set(read());
    };
    registry.registerMetric(new Gauge({ name, help, registers: [], collect }));
  };
  gauge(
    "storymill_pace_in_flight_limit",
    "Attempts that ADAPTIVE runs of all workers on the key may have under way together.",
    () => pace.inFlightLimit,
  );
  gauge("storymill_pace_in_flight", "Attempts that ADAPTIVE runs of this process have under way.", () => pace.inFlight);
}
