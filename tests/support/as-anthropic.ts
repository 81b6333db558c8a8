import type { AnthropicOptions } from "../../src/generation/anthropic/anthropic-generator.ts";
import type { LoopbackClaude } from "./loopback-claude/server.ts";

/** Options of a generator that believes it asks Anthropic itself; the loopback server answers. */
export function asAnthropic(claude: LoopbackClaude): Pick<AnthropicOptions, "baseURL" | "fetch"> {
  return {
    baseURL: null,
    fetch: (url, init) => {
      const address = url instanceof Request ? url.url : url.toString();
      return fetch(address.replace("https://api.anthropic.com", claude.baseURL), init);
    },
  };
}
