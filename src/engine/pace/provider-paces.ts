import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Database } from "../../database/database.ts";
import type { Generator } from "../../generation/generator.ts";
import { createOwnAllowance } from "./own-allowance.ts";
import { createProviderPace, type ProviderPace } from "./provider-pace.ts";
import { createSharedAllowance } from "./shared-allowance.ts";

/** The paces of a generator's models: providers count the limits of each model of a key apart. */
export interface ProviderPaces {
  /** As of each pace, over all of them. */
  readonly inFlightLimit: number;
  readonly inFlight: number;
  /** @param model null for the generator's own */
  of(model: string | null): ProviderPace;
  /** Gives back what they hold. */
  close(): Promise<void>;
}

/** Where the generator's calls are limited, every process on the database shares what there is on the same key. */
export function createProviderPaces(options: {
  generator: Pick<Generator, "name" | "model" | "limited" | "account">;
  database: Database;
  log: Logger;
}): ProviderPaces {
  const { generator, database, log } = options;
  const worker = randomUUID();
  const paces = new Map<string, ProviderPace>();

  function open(model: string): ProviderPace {
    const store = generator.limited
      ? createSharedAllowance({ database, key: `${generator.account ?? generator.name} ${model}` })
      : createOwnAllowance({ limited: false, now: Date.now });
    return createProviderPace({
      store,
      worker,
      now: () => performance.now(),
      random: Math.random,
      onError: (err) =>
        log.warn({ err, model }, "the provider's limits could not be shared; calls wait until they can"),
    });
  }

  const sum = (read: (pace: ProviderPace) => number) =>
    [...paces.values()].reduce((total, pace) => total + read(pace), 0);
  return {
    get inFlightLimit() {
      return sum(({ inFlightLimit }) => inFlightLimit);
    },
    get inFlight() {
      return sum(({ inFlight }) => inFlight);
    },
    of(model) {
      const named = model ?? generator.model ?? "";
      const pace = paces.get(named) ?? open(named);
      paces.set(named, pace);
      return pace;
    },
    async close() {
      await Promise.all([...paces.values()].map((pace) => pace.close()));
    },
  };
}
