import { readFileSync } from "node:fs";
import { isIP, isIPv4 } from "node:net";
import path from "node:path";
import { parseEnv } from "node:util";
import { z } from "zod";

/** Everything that can be set from outside, checked. Holds secrets: never to be printed or logged as a whole. */
export interface Config {
  /** Name or address that the server listens on; an IPv6 address without brackets. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Absolute. */
  readonly dataDir: string;
  /** The PostgreSQL to use; null means the embedded one in `dataDir`. Holds a password. */
  readonly databaseUrl: string | null;
  /** `open`: everybody who reaches the server may do everything. */
  readonly access: "open" | null;
  /** `api` serves, `worker` works through runs, `all` does both. */
  readonly role: "all" | "api" | "worker";
  readonly generator: "anthropic" | "outline";
  readonly anthropic: {
    readonly apiKey: string | null;
    /** Null means Anthropic's own. Without a slash at its end. */
    readonly baseUrl: string | null;
    readonly model: string;
    /** Models that a run may name beside `model`. */
    readonly models: readonly string[];
    readonly effort: (typeof EFFORTS)[number];
    /** Prices in place of or beside the known ones, parsed but not checked. */
    readonly prices: unknown;
  };
  readonly clientLimits: ClientLimits;
  /** How long the events of runs that have ended are kept. */
  readonly runHistoryDays: number;
  readonly logLevel: LogLevel;
}

/** What clients may take of the server. */
export interface ClientLimits {
  /** WebSockets and streams of server-sent events, open at once. */
  readonly maxSockets: number;
  /** Subscriptions and other operations, open at once on one WebSocket. */
  readonly maxOperations: number;
  /** Of one request or WebSocket message. */
  readonly maxMessageBytes: number;
  /** How long a WebSocket may take to introduce itself. */
  readonly initTimeoutMs: number;
  /** How often WebSockets are pinged; who neither answers nor takes what waits for it for two of them is cut off. */
  readonly pingIntervalMs: number;
}

export const DEFAULT_CLIENT_LIMITS: ClientLimits = {
  maxSockets: 10_000,
  maxOperations: 2_000,
  // The longest import allowed, 2,000,000 characters, is 12 MB where a client writes each of them as \uXXXX, as some do
  // with all that is not ASCII.
  maxMessageBytes: 16 * 1024 * 1024,
  initTimeoutMs: 5_000,
  pingIntervalMs: 12_000,
};

const EFFORTS = ["low", "medium", "high", "xhigh", "max"] as const;
const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type Environment = Readonly<Record<string, string | undefined>>;

/** The program cannot start as it is set up. The message has one line for each variable that is wrong: what is wrong with it and what to set. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * The process' environment, completed from the file `.env` in `directory` where there is one: what the environment has
 * wins, empty values too.
 * @throws ConfigError when `.env` is there and cannot be read
 */
export function readEnvironment(directory: string): Environment {
  const file = path.join(directory, ".env");
  try {
    return { ...parseEnv(readFileSync(file, "utf8")), ...process.env };
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return process.env;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`The file .env cannot be read: ${reason}. Make it readable, or move it away.`, { cause });
  }
}

/**
 * Reads and checks every variable that the program knows. A variable that is empty or only white space counts as not set.
 * @throws ConfigError naming every variable that is wrong
 */
export function readConfig(env: Environment): Config {
  const given = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value?.trim() ? [[name, value.trim()]] : [])),
  );
  const { data: values, error } = createVariables(given).safeParse(given);
  if (error !== undefined) throw new ConfigError(error.issues.map((issue) => line(issue, given)).join("\n"));
  return {
    host: values.HOST,
    port: values.PORT,
    dataDir: path.resolve(values.DATA_DIR),
    databaseUrl: values.DATABASE_URL ?? null,
    access: values.ACCESS ?? null,
    role: values.ROLE,
    generator: values.GENERATOR,
    anthropic: {
      apiKey: values.ANTHROPIC_API_KEY ?? null,
      baseUrl: values.ANTHROPIC_BASE_URL ?? null,
      model: values.MODEL,
      models: [...new Set([values.MODEL, ...(values.MODELS ?? [])])],
      effort: values.EFFORT,
      prices: values.PRICES ?? {},
    },
    clientLimits: {
      maxSockets: values.MAX_SOCKETS,
      maxOperations: values.MAX_OPERATIONS_PER_SOCKET,
      maxMessageBytes: values.MAX_MESSAGE_BYTES,
      initTimeoutMs: values.INIT_TIMEOUT_SECONDS * 1_000,
      pingIntervalMs: values.PING_INTERVAL_SECONDS * 1_000,
    },
    runHistoryDays: values.RUN_HISTORY_DAYS,
    logLevel: values.LOG_LEVEL,
  };
}

/** Whether only this machine can reach a server on that name or address (no brackets around IPv6). */
export function isLoopback(host: string): boolean {
  return host.toLowerCase() === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

/** The environment with its values trimmed and the empty ones left out. */
type Given = Readonly<Record<string, string>>;

/** Their values hold secrets, or may: a message says what is wrong with them without showing them. */
const SECRETS = new Set(["DATABASE_URL", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"]);

const HOST_NAME = /^(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/i;

/** What each variable may be; two of them hang on what else is `given`. */
function createVariables(given: Given) {
  return z.object({
    HOST: z
      .string()
      .transform((host) => host.replace(/^\[(.*)\]$/, "$1"))
      .refine((host) => isIP(host) !== 0 || (HOST_NAME.test(host) && !/^[\d.]+$/.test(host)), {
        error: "is no host name and no IP address. Set it to one, such as 127.0.0.1, without a port.",
        abort: true,
      })
      .refine(
        (host) => isLoopback(host) || given["ACCESS"] === "open",
        "can be reached from other machines, and nothing controls who may use Storymill there. Set ACCESS=open if everybody who reaches it may do everything, or HOST=127.0.0.1.",
      )
      .default("127.0.0.1"),
    PORT: z
      .string()
      .refine(
        (port) => /^\d{1,5}$/.test(port) && Number(port) <= 65_535,
        "is no port. Set it to a whole number from 0 to 65535; 0 takes any free port.",
      )
      .transform(Number)
      // What a worker answers are questions after its health; several of them on one machine must not be in each other's way.
      .default(given["ROLE"] === "worker" ? 0 : 4000),
    DATA_DIR: z.string().default(".storymill"),
    DATABASE_URL: z
      .string()
      .refine(
        (url) => URL.canParse(url) && ["postgres:", "postgresql:"].includes(new URL(url).protocol),
        "is no PostgreSQL address. Set it to one, such as postgresql://user:password@host:5432/storymill, or leave it out to use the embedded database.",
      )
      .optional(),
    ACCESS: z.enum(["open"], "is unknown. Set it to open, or leave it out.").optional(),
    ROLE: z
      .enum(["all", "api", "worker"], "is no role. Set it to all, api or worker.")
      .refine(
        (role) => role === "all" || given["DATABASE_URL"] !== undefined,
        "wants a database that other processes share. Set DATABASE_URL, or leave ROLE out to do everything in one process.",
      )
      .default("all"),
    GENERATOR: z
      .enum(["anthropic", "outline"], "is no generator. Set it to anthropic or outline, or leave it out.")
      .refine(
        (generator) => generator !== "anthropic" || canAskClaude(given),
        "needs a key. Set ANTHROPIC_API_KEY, or GENERATOR=outline to go without a model.",
      )
      .default(canAskClaude(given) ? "anthropic" : "outline"),
    ANTHROPIC_API_KEY: z
      .string()
      .regex(/^[\x21-\x7e]+$/, "has characters that no key has. Copy the key once more, without spaces or quotes.")
      .optional(),
    ANTHROPIC_BASE_URL: z
      .string()
      .refine((url) => URL.canParse(url) && ["http:", "https:"].includes(new URL(url).protocol), {
        error:
          "is no web address. Set it to one that begins with http:// or https://, or leave it out to use Anthropic's own.",
        abort: true,
      })
      // No request can be made to such an address, and it would be shown where the endpoint is.
      .refine(
        isPlainAddress,
        "has a user name, a password, a query or a fragment, with which nothing can be asked. Set the address alone, and ANTHROPIC_API_KEY to the key.",
      )
      // The client adds /v1 by itself; that many providers' pages name it with /v1 should not cost anybody an hour.
      .transform((url) => url.replace(/(\/v1)?\/*$/, ""))
      .optional(),
    MODEL: z
      .string()
      .regex(/^\S+$/, "is no model's name. Set it to one, such as claude-sonnet-5-5.")
      .default("claude-sonnet-5-5"),
    MODELS: z
      .string()
      .transform((models) =>
        models
          .split(",")
          .map((model) => model.trim())
          .filter((model) => model !== ""),
      )
      .optional(),
    EFFORT: z.enum(EFFORTS, `is no effort. Set it to one of ${EFFORTS.join(", ")}.`).default("medium"),
    PRICES: z
      .string()
      .transform((text, context) => {
        try {
          const prices: unknown = JSON.parse(text);
          return prices;
        } catch {
          context.addIssue({
            code: "custom",
            message:
              'is no JSON. Set it to dollars per million tokens, such as {"claude-sonnet-5-5": {"input": 2, "output": 10}}.',
          });
          return z.NEVER;
        }
      })
      .optional(),
    MAX_SOCKETS: wholeNumber(1, 1_000_000).default(DEFAULT_CLIENT_LIMITS.maxSockets),
    MAX_OPERATIONS_PER_SOCKET: wholeNumber(1, 100_000).default(DEFAULT_CLIENT_LIMITS.maxOperations),
    MAX_MESSAGE_BYTES: wholeNumber(1_024, 500_000_000).default(DEFAULT_CLIENT_LIMITS.maxMessageBytes),
    INIT_TIMEOUT_SECONDS: wholeNumber(1, 600).default(DEFAULT_CLIENT_LIMITS.initTimeoutMs / 1_000),
    PING_INTERVAL_SECONDS: wholeNumber(1, 600).default(DEFAULT_CLIENT_LIMITS.pingIntervalMs / 1_000),
    RUN_HISTORY_DAYS: wholeNumber(1, 10_000).default(30),
    LOG_LEVEL: z
      .enum(LOG_LEVELS, `is no level. Set it to one of ${LOG_LEVELS.slice(0, -1).join(", ")} or ${LOG_LEVELS.at(-1)}.`)
      .default("info"),
  });
}

function isPlainAddress(url: string): boolean {
  const { username, password, search, hash } = new URL(url);
  return username + password + search + hash === "";
}

function wholeNumber(least: number, most: number) {
  return z
    .string()
    .refine(
      (text) => /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most,
      `is no whole number from ${least} to ${most}. Set it to one, or leave it out.`,
    )
    .transform(Number);
}

function canAskClaude(given: Given): boolean {
  return given["ANTHROPIC_API_KEY"] !== undefined || given["ANTHROPIC_BASE_URL"] !== undefined;
}

function line(issue: z.core.$ZodIssue, given: Given): string {
  const name = String(issue.path[0]);
  return SECRETS.has(name) ? `${name} ${issue.message}` : `${name} ${JSON.stringify(given[name])} ${issue.message}`;
}
