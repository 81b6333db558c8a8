import { expect, it, onTestFinished } from "vitest";
import { startTestApp } from "../support/app.ts";

/**
 * Raised by a newer pg-boss as soon as the first process with it starts, while older ones work on beside it. Before this
 * number goes up, see docs/decisions/many-processes.md, "Rolling restarts".
 */
const SCHEMA_VERSION = 46;

it("pg-boss keeps its tables as every program that may run beside this one knows them", async () => {
  const app = await startTestApp({});
  onTestFinished(() => app.close());
  expect(await app.sql("SELECT version FROM pgboss.version")).toEqual([{ version: SCHEMA_VERSION }]);
});
