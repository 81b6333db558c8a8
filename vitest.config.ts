import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: ["tests/support/say-what-is-skipped.ts", "tests/support/postgres.ts"],
    testTimeout: 30_000,
    // How long something may take on a busy machine is no promise of ours.
    expect: { poll: { timeout: 20_000 } },
    hookTimeout: 60_000,
    pool: "forks",
    // No module of ours keeps state, so that test files can share a process: a fifth of the time is loading it.
    isolate: false,
    // More than the two cores that it is meant for: many of them wait most of their time.
    maxWorkers: 4,
    // Node runs the sources as they are, as in production; Vite's own runner lacks import.meta.resolve.
    experimental: { viteModuleRunner: false },
  },
});
