import { vi } from "vitest";
import { NO_USAGE } from "../../src/engine/usage.ts";
import type { ProviderPace, Ticket } from "../../src/engine/pace/provider-pace.ts";

const TICK_MS = 50;
const MINUTE_MS = 60_000;

export interface LimitedProvider {
  readonly requestsPerMinute: number;
  readonly outputTokensPerMinute: number;
  /** No limit where it is left out. */
  readonly inputTokensPerMinute?: number;
  /** Of each call: to its headers, and to its end. */
  readonly headersMs: number;
  readonly callMs: number;
  readonly outputTokens: number;
  /** What each call reads, by its number. */
  readonly inputTokens?: (call: number) => number;
}

interface Call {
  readonly worker: number;
  readonly ticket: Ticket;
  readonly began: number;
  readonly inputTokens: number;
  told: (() => void) | null;
}

/**
 * Has workers call a provider with limits, in the simulated time of vitest's fake timers, until all calls have succeeded.
 * @returns how long it took against the least that the limits allow, and the share of calls that were refused
 */
export async function driveToEnd(
  provider: LimitedProvider,
  workers: readonly { readonly pace: ProviderPace; readonly calls: number }[],
): Promise<{ timesLeast: number; refusedShare: number }> {
  const { requestsPerMinute, outputTokensPerMinute, inputTokensPerMinute = Infinity } = provider;
  const { headersMs, callMs, outputTokens, inputTokens = () => 0 } = provider;
  const start = Date.now();
  let requests = requestsPerMinute;
  let output = outputTokensPerMinute;
  let input = inputTokensPerMinute;
  const todo = workers.map(({ calls }) => calls);
  const all = todo.reduce((sum, calls) => sum + calls, 0);
  const seats = workers.map(({ pace }) => pace.join(() => {}));
  let underWay: Call[] = [];
  let begun = 0;
  let read = 0;
  let succeeded = 0;
  let refused = 0;

  function call(worker: number, ticket: Ticket): void {
    const reads = inputTokens(begun);
    if (requests < 1 || output < 1 || input < reads) {
      refused += 1;
      todo[worker]! += 1;
      ticket.end("throttled", NO_USAGE);
      const minutes = Math.max(
        (1 - requests) / requestsPerMinute,
        (1 - output) / outputTokensPerMinute,
        (reads - input) / inputTokensPerMinute,
      );
      workers[worker]?.pace.pause(Math.ceil(minutes * 60) * 1_000);
      return;
    }
    begun += 1;
    read += reads;
    requests -= 1;
    input -= reads;
    const limits = {
      requests: { limit: requestsPerMinute, remaining: Math.floor(requests), resetAt: 0 },
      outputTokens: { limit: outputTokensPerMinute, remaining: Math.max(0, Math.floor(output)), resetAt: 0 },
      ...(provider.inputTokensPerMinute === undefined
        ? {}
        : { inputTokens: { limit: inputTokensPerMinute, remaining: Math.floor(input), resetAt: 0 } }),
    };
    underWay.push({ worker, ticket, began: Date.now(), inputTokens: reads, told: () => ticket.observe(limits) });
  }

  while (succeeded < all) {
    for (const each of underWay.splice(0)) {
      const age = Date.now() - each.began;
      if (age >= headersMs) each.told?.();
      if (age >= headersMs) each.told = null;
      if (age < callMs) underWay.push(each);
      else {
        succeeded += 1;
        each.ticket.end("succeeded", { ...NO_USAGE, outputTokens, inputTokens: each.inputTokens });
      }
    }
    for (const [worker, seat] of seats.entries())
      for (let may = seat.available(todo[worker] ?? 0); may > 0; may -= 1) {
        todo[worker]! -= 1;
        call(worker, seat.begin());
      }
    // Answers are written evenly, and count as they are written.
    output -= (underWay.length * outputTokens * TICK_MS) / callMs;
    await vi.advanceTimersByTimeAsync(TICK_MS);
    requests = Math.min(requestsPerMinute, requests + (requestsPerMinute * TICK_MS) / MINUTE_MS);
    output = Math.min(outputTokensPerMinute, output + (outputTokensPerMinute * TICK_MS) / MINUTE_MS);
    input = Math.min(inputTokensPerMinute, input + (inputTokensPerMinute * TICK_MS) / MINUTE_MS);
  }
  const minutes = Math.max(
    (all - requestsPerMinute) / requestsPerMinute,
    (all * outputTokens - outputTokensPerMinute) / outputTokensPerMinute,
    provider.inputTokensPerMinute === undefined ? 0 : read / inputTokensPerMinute - 1,
    0,
  );
  return {
    timesLeast: (Date.now() - start) / (minutes * MINUTE_MS + callMs),
    refusedShare: refused / (all + refused),
  };
}
