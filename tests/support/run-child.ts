// A server in a process of its own, to be killed or paused: on the database of DATABASE_URL, in the role ROLE, with a
// generator that finishes stories called "Quick …" at once, "Late …" at SIGUSR2, and never any other. Prints its address.
import { once } from "node:events";
import { pino } from "pino";
import { createApp } from "../../src/app.ts";
import { readConfig } from "../../src/config.ts";
import { createScriptedGenerator, subtasksFor } from "./scripted-generator.ts";

const late = once(process, "SIGUSR2");
const generator = createScriptedGenerator(async ({ story }) => {
  if (story.title.startsWith("Late")) await late;
  else if (!story.title.startsWith("Quick")) await new Promise(() => {});
  return subtasksFor(story.title);
});
const { DATABASE_URL, ROLE } = process.env;
const config = readConfig({ DATABASE_URL, ROLE, PORT: "0", GENERATOR: "outline" });
const app = await createApp({ config, log: pino({ level: "silent" }), generator });
process.once("SIGTERM", () => void app.close().then(() => process.exit(0)));
process.stdout.write(`${app.url}\n`);
