/**
 * A Claude for trying things out: a server on this machine that speaks Anthropic's Messages API, with its streaming, prompt
 * cache and rate limits, and answers every story with a sound set of subtasks. No key, no cost, no network.
 */
import { parseArgs } from "node:util";
import { startLoopbackClaude } from "../tests/support/loopback-claude/server.ts";

const USAGE = `npm run claude:loopback -- [options]
  --port <n>                       8787; 0 takes any free port
  --key <key>                      any: the only key that is accepted
  --latency-ms <n>                 400: until an answer begins
  --tokens-per-second <n>          120: how fast an answer is written
  --requests-per-minute <n>        no limit
  --input-tokens-per-minute <n>    no limit; what is read from the cache does not count
  --output-tokens-per-minute <n>   no limit`;

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "8787" },
    key: { type: "string" },
    "latency-ms": { type: "string", default: "400" },
    "tokens-per-second": { type: "string", default: "120" },
    "requests-per-minute": { type: "string" },
    "input-tokens-per-minute": { type: "string" },
    "output-tokens-per-minute": { type: "string" },
    help: { type: "boolean", default: false },
  },
});

function numberOf(name: keyof typeof values): number | undefined {
  const value = values[name];
  if (typeof value !== "string") return undefined;
  const number = Number(value);
  if (value.trim() === "" || !Number.isFinite(number) || number < 0) {
    console.error(`--${name} takes a number that is not negative, not ${JSON.stringify(value)}.\n\n${USAGE}`);
    process.exit(2);
  }
  return number;
}

/** The options that were given, so that the server's own defaults stand for the others. */
function given<T extends object>(options: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

if (values.help) {
  console.log(USAGE);
} else {
  const claude = await startLoopbackClaude(
    given({
      port: numberOf("port"),
      apiKey: values.key,
      latencyMs: numberOf("latency-ms"),
      tokensPerSecond: numberOf("tokens-per-second") || undefined,
      requestsPerMinute: numberOf("requests-per-minute") || undefined,
      inputTokensPerMinute: numberOf("input-tokens-per-minute") || undefined,
      outputTokensPerMinute: numberOf("output-tokens-per-minute") || undefined,
    }),
  );
  console.log("A loopback Claude is listening. Set this where Storymill starts:\n");
  console.log(`ANTHROPIC_BASE_URL=${claude.baseURL}\nANTHROPIC_API_KEY=${values.key ?? "loopback"}\n`);
  console.log("Ctrl+C ends it.");

  const end = (): void => {
    const { answers, inputTokens, cacheWriteTokens, cacheReadTokens, outputTokens } = claude.billed;
    console.log(
      `\n${answers} answers: ${inputTokens} input tokens at full price, ${cacheWriteTokens} written to the cache, ${cacheReadTokens} read from it, ${outputTokens} output tokens.`,
    );
    void claude.close();
  };
  process.once("SIGINT", end).once("SIGTERM", end);
}
