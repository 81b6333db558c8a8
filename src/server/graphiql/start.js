// Runs in the browser, before GraphiQL's own script, and starts GraphiQL once that is there.
import { followAnswers } from "./follow-answers.js";

const options = JSON.parse(document.getElementById("options").textContent);

// Monaco, the editor in GraphiQL, reads this when it is loaded; `globalAPI` makes it `globalThis.monaco`.
const WORKERS = { editorWorkerService: "editor", json: "json", graphql: "graphql" };
globalThis.MonacoEnvironment = {
  globalAPI: true,
  getWorkerUrl: (_module, label) => `/graphiql/${WORKERS[label] ?? "editor"}.worker.js`,
};

const script = document.createElement("script");
script.src = "/graphiql/graphiql.js";
script.addEventListener("load", () => {
  followAnswers(options.defaultTabs);
  globalThis.YogaGraphiQL.renderYogaGraphiQL(document.getElementById("root"), options);
});
document.head.append(script);
