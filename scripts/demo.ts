// npm run demo [-- --stories FILE]: the main job in one go, with no key and nothing to set up. Starts Storymill on its
// embedded database, imports a backlog, splits its stories and shows it live, all through the public API.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs, styleText } from "node:util";
import { createClient } from "graphql-ws";
import type { DemoWatchSubscription, TypedDocumentString } from "../generated/graphql.ts";
import type { App } from "../src/app.ts";
import { readConfig, readEnvironment } from "../src/config.ts";
import { createLog } from "../src/log.ts";
import { createDisplay, duration } from "./demo-display.ts";
import { ImportStories, MakeProject, ReadStory, StartSplitting, Watch } from "./demo-operations.ts";

/** More stories than this are split as fast as it goes; fewer at a pace that can be followed. */
const FOLLOWED = 24;

/** What went wrong, for the person at the terminal. */
class DemoError extends Error {}

const display = createDisplay(process.stdout);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { stories: { type: "string" }, help: { type: "boolean" } } });
  if (values.help)
    return display.line(
      "npm run demo -- [--stories <file>]   a file with a user story a line; else stories of our own",
    );
  const file = values.stories ?? path.join(import.meta.dirname, "../examples/backlog.txt");
  const content = await readStories(file);
  // Beside a Storymill that runs on the usual port, so any free one unless one is asked for.
  const environment = readEnvironment(process.cwd());
  const config = readConfig({ PORT: "0", LOG_LEVEL: "warn", ...environment });
  display.line(styleText("bold", "Storymill: user stories in, subtasks out, everybody watching."));
  display.line("Starting the server and its database …");
  const stopped = whenStopped();
  // Loaded late: what is wrong with the command line is told at once.
  const { createApp } = await import("../src/app.ts");
  const app = await createApp({ config, log: createLog(config.logLevel) });
  try {
    await Promise.race([stopped, play(app, path.basename(file, path.extname(file)), content)]);
  } finally {
    display.end();
    await app.close();
  }
}

/** Resolves when there is no point in going on: at Ctrl-C, or where nobody reads the output any more (`| head`). */
function whenStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.on(signal, () => {
        process.exitCode = 1;
        display.line("Stopping. What is unfinished goes on when Storymill is started again.");
        resolve();
      });
    process.stdout.on("error", () => resolve());
  });
}

async function readStories(file: string): Promise<string> {
  // npm goes to the project's directory; a path is meant from where npm was called.
  const from = process.env["INIT_CWD"] ?? process.cwd();
  try {
    return await readFile(path.resolve(from, file), "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    const reason = code === "ENOENT" ? "there is no such file" : String(code ?? cause);
    throw new DemoError(
      `The file ${file} cannot be read: ${reason}. Give one with a user story a line: npm run demo -- --stories FILE`,
      { cause },
    );
  }
}

async function play(app: App, name: string, content: string): Promise<void> {
  display.line(`GraphQL at ${app.url}/graphql, database: ${app.database}.`);
  const made = (await send(app, MakeProject, { name: `Demo: ${name}` })).createProject;
  if (made.__typename !== "CreateProjectPayload") throw new DemoError(made.message);
  const variables = { projectId: made.project.id, epicTitle: name, content };
  const imported = (await send(app, ImportStories, variables)).importBacklog;
  if (imported.__typename !== "ImportBacklogPayload") throw new DemoError(imported.message);
  const { stories, warnings } = imported;
  display.line(
    `Imported ${count(stories, "story", "stories")}${warnings.length > 0 ? `, with ${count(warnings, "warning", "warnings")}` : ""}. Splitting them with ${describe(app.generator)}:`,
  );
  display.line();

  const pacing = stories.length > FOLLOWED ? "ADAPTIVE" : "FAST";
  const started = (await send(app, StartSplitting, { epicId: imported.epics[0]?.id ?? "", pacing }))
    .startGenerateSubtasks;
  if (started.__typename !== "StartGenerateSubtasksPayload") throw new DemoError(started.message);
  const { last, storyId } = await watch(app, started.run);

  const { story } = await send(app, ReadStory, { id: storyId ?? stories[0]?.id ?? "" });
  if (story) {
    display.line();
    display.line("One of them, read back with a query:");
    display.story(story);
  }
  display.line();
  const end = [`${last.status}: ${last.phaseDetail ?? ""}`, last.error, `It took ${duration(last.elapsedMs)}.`];
  display.line(end.filter((text) => text !== null).join(" "));
  if (last.status === "FAILED") throw new DemoError("The demo came to nothing: see above what failed.");
  display.line("Now try it yourself, in GraphiQL: npm start");
  if (app.generator === "outline") display.line("With ANTHROPIC_API_KEY set, Claude splits the stories.");
}

/** Shows a run from its first event to its last; gives how it ended and a story that was split. */
async function watch(app: App, run: { id: string; startCursor: string }) {
  // The server is in this process: once its connection breaks, there is none to be had again.
  const client = createClient({ url: `${app.url.replace(/^http/, "ws")}/graphql`, retryAttempts: 0 });
  let last: DemoWatchSubscription["runProgress"]["run"] | undefined;
  let storyId: string | undefined;
  const subscription = { query: Watch.toString(), variables: { runId: run.id, after: run.startCursor } };
  for await (const { data, errors } of client.iterate<DemoWatchSubscription>(subscription)) {
    if (errors) throw new DemoError(errors.map(({ message }) => message).join(" "));
    if (!data) continue;
    display.progress(data.runProgress);
    last = data.runProgress.run;
    if (data.runProgress.item?.status === "COMPLETED") storyId ??= data.runProgress.item.story?.id;
  }
  await client.dispose();
  if (last === undefined) throw new DemoError("The run sent no event.");
  return { last, storyId };
}

function describe(generator: string): string {
  return generator === "outline" ? "outline, which is rules and no model" : generator;
}

function count(things: readonly unknown[], one: string, many: string): string {
  return `${things.length} ${things.length === 1 ? one : many}`;
}

async function send<R, V>(app: App, document: TypedDocumentString<R, V>, variables: V): Promise<R> {
  const response = await fetch(`${app.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  const { data, errors } = (await response.json()) as { data?: R; errors?: { message: string }[] };
  if (data === undefined || errors) throw new DemoError((errors ?? []).map(({ message }) => message).join(" "));
  return data;
}

try {
  await main();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${styleText("red", message, { stream: process.stderr })}\n`);
  process.exitCode = 1;
}
