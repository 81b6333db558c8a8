// Storymill as it is, asking the Claude at the address that is its argument.
import { pino } from "pino";
import { createApp } from "../../../src/app.ts";
import { readConfig } from "../../../src/config.ts";
import { serve } from "../serve.ts";

const [baseURL] = process.argv.slice(2);
const { DATABASE_URL, ROLE } = process.env;
const config = readConfig({
  DATABASE_URL,
  ROLE,
  PORT: "0",
  ANTHROPIC_BASE_URL: baseURL,
  ANTHROPIC_API_KEY: "loopback",
});
await serve(() => createApp({ config, log: pino({ level: "warn" }, pino.destination(2)) }));
