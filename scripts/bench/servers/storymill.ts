// Storymill as it is, but for its generator. Arguments: how long one of its calls takes, in milliseconds, and how many it
// answers at once.
import { pino } from "pino";
import { createApp } from "../../../src/app.ts";
import { readConfig } from "../../../src/config.ts";
import { serve } from "../serve.ts";
import { createTimedGenerator } from "../timed-generator.ts";

const [latency = "0", atOnce = "32"] = process.argv.slice(2);
let gate = Promise.withResolvers<void>();
gate.resolve();
const hold = () => void (gate = Promise.withResolvers<void>());
const generator = createTimedGenerator(Number(latency), Number(atOnce), () => gate.promise);
const { DATABASE_URL, ROLE } = process.env;
const config = readConfig({ DATABASE_URL, ROLE, PORT: "0", GENERATOR: "outline" });
await serve(async () => {
  const { url, close } = await createApp({ config, log: pino({ level: "warn" }, pino.destination(2)), generator });
  return { url, close, hold, go: () => gate.resolve() };
});
