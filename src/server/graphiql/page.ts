import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Handler } from "../http-server.ts";
import { pack, type PackedFile, sendFile } from "./packed-file.ts";

/** An operation that GraphiQL opens with. */
export interface GraphiqlTab {
  readonly query: string;
  /** JSON, comments allowed; what follow-answers.js fills in is marked by them. */
  readonly variables?: string;
}

export interface Graphiql {
  /** Answers with the page. */
  readonly page: Handler;
  /** What the page loads, by path. */
  readonly assets: ReadonlyMap<string, Handler>;
}

const PAGE = "index.html";
const ASSETS = ["graphiql.js", "graphiql.css", "editor.worker.js", "json.worker.js", "graphql.worker.js"];
/** Ours, that run in the browser as they are. */
const SCRIPTS = ["start.js", "follow-answers.js"];

/**
 * GraphiQL from this server alone, with no network. Its files come with a package, which is read when the page is first
 * asked for: 9 MB that a server for programs never needs.
 */
export function createGraphiql(options: { readonly tabs: readonly GraphiqlTab[] }): Graphiql {
  let files: Promise<ReadonlyMap<string, PackedFile>> | undefined;
  const serve = (name: string): Handler => {
    return async (request, response) => {
      const file = (await (files ??= loadFiles(options.tabs))).get(name);
      if (file === undefined) throw new Error(`GraphiQL has no file ${name}.`);
      await sendFile(request, response, file);
    };
  };
  return {
    page: serve(PAGE),
    assets: new Map([...ASSETS, ...SCRIPTS].map((name) => [`/graphiql/${name}`, serve(name)])),
  };
}

async function loadFiles(tabs: readonly GraphiqlTab[]): Promise<ReadonlyMap<string, PackedFile>> {
  const graphiql = await import("@graphql-yoga/render-graphiql/graphiql");
  const texts = new Map([
    [PAGE, renderPage(tabs)],
    ["graphiql.js", graphiql.js],
    ["graphiql.css", graphiql.css],
    ["editor.worker.js", graphiql.editorWorkerService],
    ["json.worker.js", graphiql.jsonWorker],
    ["graphql.worker.js", graphiql.graphqlWorker],
  ]);
  for (const name of SCRIPTS) texts.set(name, await readFile(new URL(name, import.meta.url), "utf8"));
  const types = new Map([
    [".html", "text/html; charset=utf-8"],
    [".css", "text/css; charset=utf-8"],
    [".js", "text/javascript; charset=utf-8"],
  ]);
  return new Map(
    await Promise.all(
      [...texts].map(async ([name, text]) => [name, await pack(types.get(path.extname(name)) ?? "", text)] as const),
    ),
  );
}

const LOGO = `<svg viewBox="0 0 32 32" width="28" height="28"><g fill="none" stroke="#7c4dff" stroke-width="3" stroke-linecap="round"><path d="M5 16h7"/><path d="M12 16c5 0 4-9 9-9h6"/><path d="M12 16h15"/><path d="M12 16c5 0 4 9 9 9h6"/></g></svg>`;
const ICON = encodeURIComponent(LOGO.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"'));

/**
 * GraphiQL fills its place. Its tabs stay where they are: the library that moves them when they are dragged thinks, after
 * the first layout, that those left of the last have moved, and makes them jump from under the mouse at the first click.
 */
const STYLE =
  "html, body, #root { height: 100%; margin: 0 } .graphiql-container { height: 100vh } .graphiql-tab { transform: none !important }";

function renderPage(tabs: readonly GraphiqlTab[]): string {
  const options = { title: "Storymill", logo: LOGO, defaultTabs: tabs, subscriptionsProtocol: "WS" };
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Storymill · GraphiQL</title>
<link rel="icon" href="data:image/svg+xml,${ICON}">
<link rel="stylesheet" href="/graphiql/graphiql.css">
<style>${STYLE}</style>
</head>
<body class="no-focus-outline">
<noscript>GraphiQL needs JavaScript. The API works without: send operations to /graphql by POST.</noscript>
<div id="root"></div>
<script type="application/json" id="options">${JSON.stringify(options).replaceAll("<", "\\u003c")}</script>
<script type="module" src="/graphiql/start.js"></script>
</body>
</html>
`;
}
