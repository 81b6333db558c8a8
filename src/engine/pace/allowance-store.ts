import type { Answer, Ask } from "./allowance.ts";

/** Where the allowance of one key is kept. */
export interface AllowanceStore {
  /** Whether other processes share it, so that asking costs statements. */
  readonly shared: boolean;
  /**
   * What `exchange` does, at once and whole, whoever else asks.
   * @throws where it cannot be reached; then it may or may not have been done
   */
  exchange(ask: Ask): Promise<Answer>;
}
