// Runs in the browser. Variables that say where they come from follow the answers: in
//   "projectId": "…", // ← createProject.project.id
// the text becomes what the last answer had at that path, in plain sight. Without the comment, nothing touches it.
const FOLLOWS = /"(?:[^"\\]|\\.)*"(\s*,?[ \t]*\/\/ ← ([\w.]+))/g;
const STORE = "storymill:answers";

/** Starts following; `tabs` name the paths that are worth remembering. */
export function followAnswers(tabs) {
  const { monaco } = globalThis;
  if (monaco === undefined) return;
  const paths = tabs.flatMap(({ variables }) => [...(variables ?? "").matchAll(FOLLOWS)].map(([, , path]) => path));
  const known = new Map(Object.entries(JSON.parse(sessionStorage.getItem(STORE) ?? "{}")));

  const fill = (model) => {
    const text = model.getValue();
    const filled = text.replace(FOLLOWS, (whole, comment, path) =>
      known.has(path) ? JSON.stringify(known.get(path)) + comment : whole,
    );
    if (filled !== text) model.setValue(filled);
  };
  const learn = (answer) => {
    for (const path of paths) {
      const value = path.split(".").reduce((at, name) => at?.[name], answer?.data);
      if (typeof value === "string") known.set(path, value);
    }
    sessionStorage.setItem(STORE, JSON.stringify(Object.fromEntries(known)));
    monaco.editor.getModels().forEach(fill);
  };

  // One model holds the variables of all tabs in turn: its text changes with the tab.
  monaco.editor.onDidCreateModel((model) => {
    fill(model);
    model.onDidChangeContent(() => fill(model));
  });
  const { fetch } = globalThis;
  globalThis.fetch = async (...request) => {
    const response = await fetch(...request);
    // An answer that is no JSON brings nothing to follow.
    response
      .clone()
      .json()
      .then(learn, () => {});
    return response;
  };
}
