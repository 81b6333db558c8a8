import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { ConfigError, type Environment, isLoopback, readConfig, readEnvironment } from "../src/config.ts";

/** The lines of the error that reading this environment gives. */
function complaints(env: Environment): string[] {
  try {
    readConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    if (error instanceof ConfigError) return error.message.split("\n");
  }
  return [];
}

test("with nothing set, the program runs on this machine alone, with a database of its own and no model", () => {
  expect(readConfig({})).toEqual({
    host: "127.0.0.1",
    port: 4000,
    dataDir: path.resolve(".storymill"),
    databaseUrl: null,
    access: null,
    role: "all",
    generator: "outline",
    anthropic: {
      apiKey: null,
      baseUrl: null,
      model: "claude-sonnet-5-5",
      models: ["claude-sonnet-5-5"],
      effort: "medium",
      prices: {},
    },
    clientLimits: {
      maxSockets: 10_000,
      maxOperations: 2_000,
      maxMessageBytes: 16_777_216,
      initTimeoutMs: 5_000,
      pingIntervalMs: 12_000,
    },
    runHistoryDays: 30,
    logLevel: "info",
  });
});

test("everything can be set", () => {
  const config = readConfig({
    HOST: "0.0.0.0",
    PORT: "0",
    ACCESS: "open",
    DATA_DIR: "/srv/data",
    DATABASE_URL: "postgresql://user:password@db:5432/storymill?sslmode=require",
    ROLE: "worker",
    GENERATOR: "anthropic",
    ANTHROPIC_API_KEY: "sk-ant-1",
    ANTHROPIC_BASE_URL: "https://proxy.example/anthropic",
    MODEL: "claude-haiku-5-5",
    MODELS: "claude-opus-5-5, my-model,",
    EFFORT: "high",
    PRICES: '{"my-model": {"input": 1, "output": 5}}',
    MAX_SOCKETS: "500",
    MAX_OPERATIONS_PER_SOCKET: "50",
    MAX_MESSAGE_BYTES: "1000000",
    INIT_TIMEOUT_SECONDS: "3",
    PING_INTERVAL_SECONDS: "30",
    RUN_HISTORY_DAYS: "7",
    LOG_LEVEL: "debug",
    SOMETHING_ELSE: "is not ours",
  });
  expect(config).toEqual({
    host: "0.0.0.0",
    port: 0,
    access: "open",
    dataDir: "/srv/data",
    databaseUrl: "postgresql://user:password@db:5432/storymill?sslmode=require",
    role: "worker",
    generator: "anthropic",
    anthropic: {
      apiKey: "sk-ant-1",
      baseUrl: "https://proxy.example/anthropic",
      model: "claude-haiku-5-5",
      models: ["claude-haiku-5-5", "claude-opus-5-5", "my-model"],
      effort: "high",
      prices: { "my-model": { input: 1, output: 5 } },
    },
    clientLimits: {
      maxSockets: 500,
      maxOperations: 50,
      maxMessageBytes: 1_000_000,
      initTimeoutMs: 3_000,
      pingIntervalMs: 30_000,
    },
    runHistoryDays: 7,
    logLevel: "debug",
  });
});

test("what is set to nothing, or to white space, is not set", () => {
  expect(readConfig({ PORT: "", HOST: " ", ANTHROPIC_API_KEY: "", DATABASE_URL: "\t" })).toEqual(readConfig({}));
  expect(readConfig({ PORT: " 4001\n" }).port).toBe(4001);
});

describe("the generator", () => {
  test.each([
    [{}, "outline"],
    [{ ANTHROPIC_API_KEY: "sk-ant-1" }, "anthropic"],
    [{ ANTHROPIC_BASE_URL: "http://localhost:11434" }, "anthropic"],
    [{ ANTHROPIC_API_KEY: "sk-ant-1", GENERATOR: "outline" }, "outline"],
  ])("with %o is %s", (env, generator) => {
    expect(readConfig(env).generator).toBe(generator);
  });

  test("anthropic wants a key or a base URL", () => {
    expect(complaints({ GENERATOR: "anthropic" })).toEqual([
      'GENERATOR "anthropic" needs a key. Set ANTHROPIC_API_KEY, or GENERATOR=outline to go without a model.',
    ]);
  });
});

test.each(["https://x.example/", "https://x.example/v1", "https://x.example/v1/"])(
  "the base URL %s is taken as the client wants it",
  (url) => {
    expect(readConfig({ ANTHROPIC_BASE_URL: url }).anthropic.baseUrl).toBe("https://x.example");
  },
);

describe("a host that other machines reach", () => {
  test.each(["0.0.0.0", "::", "192.168.1.7", "fe80::1", "storymill.example", "[::]"])(
    "is refused without ACCESS=open: %s",
    (host) => {
      const [complaint, ...others] = complaints({ HOST: host });
      expect(complaint).toContain(`HOST "${host}" can be reached from other machines`);
      expect(complaint).toContain("ACCESS=open");
      expect(others).toEqual([]);
      expect(readConfig({ HOST: host, ACCESS: "open" }).host).toBe(host.replace(/[[\]]/g, ""));
    },
  );

  test.each(["127.0.0.1", "127.8.9.1", "localhost", "LocalHost", "::1", "[::1]"])("is not: %s", (host) => {
    expect(complaints({ HOST: host })).toEqual([]);
  });

  test("is told apart from loopback by more than how its name begins", () => {
    for (const host of ["127.0.0.1.evil.example", "localhost.evil.example", "127.evil", "128.0.0.1", ""])
      expect(isLoopback(host), host).toBe(false);
  });
});

describe("a value that is wrong is told in one line, with what to set:", () => {
  test.each([
    ["PORT", "abc", "is no port"],
    ["PORT", "65536", "is no port"],
    ["PORT", "-1", "is no port"],
    ["PORT", "80.5", "is no port"],
    ["HOST", "a b", "is no host name"],
    ["HOST", "localhost:4000", "is no host name"],
    ["HOST", "http://localhost", "is no host name"],
    ["HOST", "300.1.1.1", "is no host name"],
    ["ACCESS", "closed", "Set it to open, or leave it out."],
    ["ROLE", "boss", "Set it to all, api or worker."],
    ["GENERATOR", "gpt", "Set it to anthropic or outline"],
    ["MODEL", "claude sonnet", "is no model's name"],
    ["MAX_SOCKETS", "0", "is no whole number from 1 to 1000000"],
    ["MAX_OPERATIONS_PER_SOCKET", "many", "is no whole number from 1 to 100000"],
    ["MAX_MESSAGE_BYTES", "16MiB", "is no whole number from 1024 to 500000000"],
    ["INIT_TIMEOUT_SECONDS", "2.5", "is no whole number from 1 to 600"],
    ["PING_INTERVAL_SECONDS", "-1", "is no whole number from 1 to 600"],
    ["RUN_HISTORY_DAYS", "0", "is no whole number from 1 to 10000"],
    ["LOG_LEVEL", "loud", "trace, debug, info, warn, error, fatal or silent"],
  ])("%s=%s", (name, value, message) => {
    const lines = complaints({ [name]: value });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`${name} ${JSON.stringify(value)} `);
    expect(lines[0]).toContain(message);
  });

  test("all of them at once", () => {
    const lines = complaints({ PORT: "abc", HOST: "0.0.0.0", ROLE: "boss", GENERATOR: "anthropic" });
    expect(lines.map((line) => line.split(" ")[0]).toSorted()).toEqual(["GENERATOR", "HOST", "PORT", "ROLE"]);
  });

  test("without showing secrets", () => {
    const lines = complaints({
      DATABASE_URL: "mysql://user:hunter2@db/storymill",
      ANTHROPIC_API_KEY: "sk-ant hunter2",
      ANTHROPIC_BASE_URL: "ftp://user:hunter2@x.example",
    });
    expect(lines).toHaveLength(3);
    expect(lines.join()).not.toContain("hunter2");
    expect(lines.join()).toMatch(/postgresql:\/\/user:password@host.*Copy the key once more.*http:\/\//s);
  });
});

test.each(["http://user:hunter2@x.example", "https://x.example/?key=hunter2", "https://x.example/#hunter2"])(
  "a base URL is an address and nothing else, and what else it holds is not shown: %s",
  (url) => {
    expect(complaints({ ANTHROPIC_BASE_URL: url })).toEqual([
      expect.stringMatching(/^ANTHROPIC_BASE_URL has a user name, .* ANTHROPIC_API_KEY to the key\.$/),
    ]);
  },
);

describe(".env", () => {
  async function createDirectory(): Promise<string> {
    const directory = await mkdtemp(path.join(tmpdir(), "storymill-env-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    return directory;
  }

  test("is read, comments and quotes as usual, and gives way to the environment, where that says nothing too", async () => {
    const directory = await createDirectory();
    await writeFile(
      path.join(directory, ".env"),
      '# how it is run\nPORT=5000\nMODEL="claude-haiku-5-5" # cheap\nLOG_LEVEL=debug\nANTHROPIC_API_KEY=sk-ant-1\n',
    );
    vi.stubEnv("LOG_LEVEL", "warn");
    vi.stubEnv("ANTHROPIC_API_KEY", "");
    onTestFinished(() => void vi.unstubAllEnvs());
    const config = readConfig(readEnvironment(directory));
    expect(config).toMatchObject({
      port: 5000,
      logLevel: "warn",
      generator: "outline",
      anthropic: { model: "claude-haiku-5-5" },
    });
  });

  test("need not be there", async () => {
    vi.stubEnv("PORT", "5001");
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(readEnvironment(await createDirectory())["PORT"]).toBe("5001");
  });

  test("that cannot be read is told", async () => {
    const directory = await createDirectory();
    await mkdir(path.join(directory, ".env"));
    expect(() => readEnvironment(directory)).toThrow(ConfigError);
    expect(() => readEnvironment(directory)).toThrow(/^The file \.env cannot be read: .*Make it readable/);
  });
});
