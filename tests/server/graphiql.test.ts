import { readFile } from "node:fs/promises";
import { buildSchema, parse, validate } from "graphql";
import { describe, expect, test } from "vitest";
import { createTour } from "../../src/server/graphiql/tour.ts";
import { ask, startTestServer } from "./server-fixture.ts";

const HTML = { headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8" } };

test("a browser at /graphql gets GraphiQL, with its tabs and with WebSockets for subscriptions", async () => {
  const server = await startTestServer();
  const response = await fetch(`${server.url}/graphql`, HTML);
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  const options = /<script type="application\/json" id="options">(.*?)<\/script>/.exec(await response.text())?.[1];
  expect(JSON.parse(options ?? "")).toMatchObject({
    defaultTabs: [{ query: "query Hello { hello }" }],
    subscriptionsProtocol: "WS",
  });
});

test("the page loads from this server only, and may not do otherwise", async () => {
  const server = await startTestServer();
  const response = await fetch(`${server.url}/graphql`, HTML);
  const page = await response.text();
  expect(page).not.toMatch(/https?:\/\//);
  const loaded = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url]) => url ?? "");
  expect(loaded.length).toBeGreaterThan(2);
  for (const url of loaded) expect(url).toMatch(/^(\/graphiql\/|data:)/);

  const policy = response.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/https?:|\*|script-src [^;]*unsafe/);
});

test("everything that the page asks for is there", async () => {
  const server = await startTestServer();
  const page = await (await fetch(`${server.url}/graphql`, HTML)).text();
  const start = await (await fetch(`${server.url}/graphiql/start.js`)).text();
  const workers = ["editor", "json", "graphql"].map((name) => `/graphiql/${name}.worker.js`);
  const asked = new Set(
    [...`${page}${start}`.matchAll(/["'`](\/graphiql\/[\w.-]+)["'`]/g)].map(([, url]) => url ?? ""),
  );
  expect(asked).toContain("/graphiql/graphiql.js");
  for (const url of [...asked, ...workers, "/graphiql/follow-answers.js"]) {
    const response = await fetch(`${server.url}${url}`);
    expect(response.status, url).toBe(200);
    expect(response.headers.get("content-type"), url).toMatch(
      url.endsWith(".css") ? /^text\/css/ : /^text\/javascript/,
    );
    expect((await response.text()).length, url).toBeGreaterThan(100);
  }
});

test("files come zipped to who takes that, plain to who does not, and not at all to who has them", async () => {
  const server = await startTestServer();
  const path = "/graphiql/graphiql.css";
  const zipped = await ask(server, { path, headers: { "accept-encoding": "gzip" } });
  const plain = await ask(server, { path });
  expect(zipped.headers).toMatchObject({ "content-encoding": "gzip", vary: "accept-encoding" });
  expect(plain.headers["content-encoding"]).toBeUndefined();
  expect(plain.body).toContain(".graphiql-container");
  expect(zipped.body.length).toBeLessThan(plain.body.length);
  const again = await ask(server, { path, headers: { "if-none-match": String(plain.headers.etag) } });
  expect(again).toMatchObject({ status: 304, body: "" });
});

describe("the tour", () => {
  test.each(["outline", "anthropic"] as const)("is made of operations that the API takes (%s)", async (generator) => {
    const schema = buildSchema(await readFile(new URL("../../schema.graphql", import.meta.url), "utf8"));
    for (const { query } of createTour(generator)) expect(validate(schema, parse(query))).toEqual([]);
  });

  test("takes every id from an answer of a tab before", () => {
    const asked: string[] = [];
    for (const { query, variables = "" } of createTour("outline")) {
      for (const [, path = ""] of variables.matchAll(/\/\/ ← ([\w.]+)/g)) {
        const [field = ""] = path.split(".");
        expect(
          asked.some((earlier) => earlier.includes(`${field}(`)),
          path,
        ).toBe(true);
      }
      // Without the comments it is JSON, as the editor reads it.
      expect(() => JSON.parse(variables.replaceAll(/\/\/ ←.*/g, "") || "{}")).not.toThrow();
      asked.push(query);
    }
    expect(asked).toHaveLength(5);
  });

  test("says that outline is no model", () => {
    const texts = (generator: "outline" | "anthropic") =>
      createTour(generator)
        .map(({ query }) => query)
        .join();
    expect(texts("outline")).toContain("no model");
    expect(texts("anthropic")).not.toContain("no model");
  });
});
