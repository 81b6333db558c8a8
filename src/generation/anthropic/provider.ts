import { createHash } from "node:crypto";

/** Who answers behind a base URL, as far as prompts and messages have to know. */
export interface Provider {
  /** Given to the SDK: without a slash or "/v1" at its end, which the SDK adds itself. */
  readonly baseURL: string;
  /** Whether it is Anthropic itself; others speak its protocol, each as far as it goes. */
  readonly isAnthropic: boolean;
  /** As the subject of a sentence. */
  readonly name: string;
}

const ANTHROPIC = "https://api.anthropic.com";

/**
 * The provider behind `ANTHROPIC_BASE_URL`; null is Anthropic.
 * @throws TypeError where it is no URL
 */
export function providerOf(baseURL: string | null): Provider {
  const url = new URL(baseURL ?? ANTHROPIC);
  const isAnthropic = url.hostname === "anthropic.com" || url.hostname.endsWith(".anthropic.com");
  return {
    baseURL: url.href.replace(/\/*(?:\/v1)?\/*$/u, ""),
    isAnthropic,
    name: isAnthropic ? "Anthropic" : `The model server at ${url.host}`,
  };
}

/** The same for the same key at the same provider, and neither can be read from it. */
export function accountOf(provider: Provider, apiKey: string | null): string {
  return createHash("sha256")
    .update(JSON.stringify([provider.baseURL, apiKey]))
    .digest("hex")
    .slice(0, 32);
}
