import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: ["tests/support/say-what-is-skipped.ts", "tests/support/postgres.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
    // Node runs the sources as they are, as in production; Vite's own runner lacks import.meta.resolve.
    experimental: { viteModuleRunner: false },
  },
});
