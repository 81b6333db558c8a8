import { createHash } from "node:crypto";
import { blocksOf, tokensOf, type WireRequest } from "./wire.ts";

/** Prefixes of fewer tokens are not kept. */
const LEAST_TOKENS = 512;
const KEPT_MS = 5 * 60_000;

/** How the input of one request is billed. */
export interface InputBill {
  readonly input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
}

/** Keeps prefixes of requests, as the provider's cache does. */
export interface PromptCache {
  /** What is read and what will be written for a request, as things are now. */
  bill(request: WireRequest): InputBill;
  /** The answer has begun: from now on the request's prefixes can be read. */
  keep(request: WireRequest): void;
}

interface Prefix {
  readonly key: string;
  readonly tokens: number;
}

/**
 * A prefix is everything up to a block with `cache_control`, byte for byte: model, schema, rules, turns. It lives five
 * minutes from its last use.
 * @param now milliseconds
 */
export function createPromptCache(now: () => number): PromptCache {
  const keptUntil = new Map<string, number>();
  return {
    bill(request) {
      const { prefixes, total } = read(request);
      const kept = prefixes.findLast(({ key }) => (keptUntil.get(key) ?? 0) > now());
      const last = prefixes.at(-1)?.tokens ?? 0;
      return {
        input_tokens: total - last,
        cache_creation_input_tokens: last - (kept?.tokens ?? 0),
        cache_read_input_tokens: kept?.tokens ?? 0,
      };
    },
    keep(request) {
      for (const { key } of read(request).prefixes) keptUntil.set(key, now() + KEPT_MS);
    },
  };
}

/** The prefixes that a request marks, shortest first, and the tokens of all of it. */
export function read(request: WireRequest): { readonly prefixes: readonly Prefix[]; readonly total: number } {
  const schema = JSON.stringify(request.output_config?.format ?? null);
  const hash = createHash("sha256").update(JSON.stringify([request.model, schema]));
  let total = tokensOf(schema);
  const prefixes: Prefix[] = [];
  const turns = [{ role: "system", content: request.system }, ...(request.messages ?? [])];
  for (const { role, content } of turns) {
    for (const block of blocksOf(content)) {
      total += tokensOf(block.text ?? "");
      hash.update(JSON.stringify([role, block]));
      if (block.cache_control && total >= LEAST_TOKENS)
        prefixes.push({ key: hash.copy().digest("hex"), tokens: total });
    }
  }
  return { prefixes, total };
}
