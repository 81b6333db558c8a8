import type { AllowanceStore } from "../../src/engine/pace/allowance-store.ts";
import { createOwnAllowance } from "../../src/engine/pace/own-allowance.ts";
import { createProviderPace, type ProviderPace } from "../../src/engine/pace/provider-pace.ts";

/** The pace of one worker for a provider with limits; by default with nobody to share them with. */
export function createTestPace(
  options: { store?: AllowanceStore; worker?: string; now?: () => number; onError?: (error: unknown) => void } = {},
): ProviderPace {
  return createProviderPace({
    store: options.store ?? createOwnAllowance({ limited: true, now: Date.now }),
    worker: options.worker ?? "the only one",
    now: options.now ?? Date.now,
    random: () => 0,
    onError:
      options.onError ??
      ((error) => {
        throw error;
      }),
  });
}
