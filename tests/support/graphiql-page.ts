import type { Browser, Page } from "playwright-core";
import { vi } from "vitest";

/** GraphiQL as somebody in front of a browser has it. */
export interface GraphiqlPage {
  readonly page: Page;
  /** Requests to other hosts, refused ones, and whatever the page complained of in the browser's console. */
  readonly complaints: readonly string[];
  /** WebSockets that the page has opened, and how many messages came in by each. */
  readonly sockets: readonly { readonly url: string; readonly messages: number }[];
  tabs(): Promise<string[]>;
  /** Goes to a tab and waits until GraphiQL has taken it in. */
  open(tab: string): Promise<void>;
  /** Presses the button with the triangle. */
  execute(): Promise<void>;
  /** What stands in the editor for variables, also what is scrolled out of sight. */
  variables(): Promise<string>;
  /** What can be seen of the result. */
  visibleResult(): Promise<string>;
  /** Every result from now on, the latest last. */
  recordResults(): Promise<void>;
  results(): Promise<string[]>;
}

/** Opens the page at `url` and waits until it can be used. */
export async function openGraphiql(browser: Browser, url: string): Promise<GraphiqlPage> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  const complaints: string[] = [];
  const sockets: { url: string; messages: number }[] = [];
  const { host } = new URL(url);
  page.on("request", (request) => {
    const to = new URL(request.url());
    if (to.host !== host && !["data:", "blob:"].includes(to.protocol)) complaints.push(`request to ${to.href}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} for ${response.url()}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("websocket", (socket) => {
    const seen = { url: socket.url(), messages: 0 };
    sockets.push(seen);
    socket.on("framereceived", () => (seen.messages += 1));
  });
  await page.goto(url);

  const button = page.getByRole("button", { name: /execute query/i });
  await button.waitFor();
  const tabs = () => page.locator(".graphiql-tab-button").allTextContents();
  const model = (name: string) => `monaco.editor.getModels().find(({ uri }) => uri.path.endsWith("${name}"))`;
  return {
    page,
    complaints,
    sockets,
    tabs,
    async open(tab) {
      const wanted = (await tabs()).indexOf(tab);
      await page.getByRole("tab", { name: tab }).click();
      // For 0.1 s, shorter than a hand takes but not a program, it goes by the tab before. It notes where it is 0.5 s later.
      const index = "JSON.parse(localStorage['graphiql:tabState']).activeTabIndex";
      await vi.waitUntil(async () => (await page.evaluate(index)) === wanted, { timeout: 30_000 });
    },
    execute: () => button.click(),
    variables: () => page.evaluate<string>(`${model("variables.json")}.getValue()`),
    async visibleResult() {
      const lines = await page.locator(".result-window .view-line").allTextContents();
      return lines.join("\n").replaceAll("\u00a0", " ");
    },
    recordResults: () =>
      page.evaluate<void>(`{
        const result = ${model("response.json")};
        globalThis.recorder?.dispose();
        globalThis.recorded = [];
        globalThis.recorder = result.onDidChangeContent(() => recorded.push(result.getValue()));
      }`),
    results: () => page.evaluate<string[]>("recorded"),
  };
}
