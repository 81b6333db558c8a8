// Storymill with the real SDK, on a model server. Argument: its address.
import { pino } from "pino";
import { createApp } from "../../../src/app.ts";
import { readConfig } from "../../../src/config.ts";
import { serve } from "../serve.ts";

const config = readConfig({
  DATABASE_URL: process.env["DATABASE_URL"],
  PORT: "0",
  GENERATOR: "anthropic",
  ANTHROPIC_API_KEY: "sk-bench",
  ANTHROPIC_BASE_URL: process.argv[2],
});
await serve(() => createApp({ config, log: pino({ level: "error" }, pino.destination(2)) }));
