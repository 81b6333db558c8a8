// A server in a process of its own, to be killed: on the database of DATABASE_URL, with a generator that finishes stories
// called "Quick …" and never any other. Prints its address.
import { pino } from "pino";
import { createApp } from "../../src/app.ts";
import { readConfig } from "../../src/config.ts";
import { createScriptedGenerator, subtasksFor } from "./scripted-generator.ts";

const generator = createScriptedGenerator(async ({ story }) => {
  if (!story.title.startsWith("Quick")) await new Promise(() => {});
  return subtasksFor(story.title);
});
const config = readConfig({ DATABASE_URL: process.env["DATABASE_URL"], PORT: "0", GENERATOR: "outline" });
const app = await createApp({ config, log: pino({ level: "silent" }), generator });
process.stdout.write(`${app.url}\n`);
