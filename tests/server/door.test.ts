import { describe, expect, test } from "vitest";
import { ask, startTestServer } from "./server-fixture.ts";

const UPGRADE = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-protocol": "graphql-transport-ws",
};
const MUTATION = { method: "POST", path: "/graphql", body: JSON.stringify({ query: 'mutation { write(text: "x") }' }) };
const JSON_TYPE = { "content-type": "application/json" };

describe("a server on loopback", () => {
  test("answers to every loopback name, on its own port and on a tunnel's", async () => {
    const server = await startTestServer();
    for (const host of [
      `localhost:${server.port}`,
      `127.0.0.1:${server.port}`,
      `[::1]:${server.port}`,
      "localhost:9999",
    ])
      expect(await ask(server, { headers: { host } }), host).toMatchObject({ status: 200 });
  });

  test("refuses a foreign Host, as a page with a rebound name sends it, before anything is done", async () => {
    const server = await startTestServer();
    for (const host of [
      "evil.example",
      `evil.example:${server.port}`,
      "127.0.0.1.evil.example",
      "evil@localhost",
      "10.0.0.1",
    ]) {
      const answer = await ask(server, { ...MUTATION, headers: { ...JSON_TYPE, host } });
      expect(answer.status, host).toBe(403);
      expect(JSON.parse(answer.body).errors[0].extensions.code).toBe("FOREIGN_HOST");
    }
    expect(JSON.parse((await ask(server, { path: "/graphql?query={written}" })).body)).toEqual({
      data: { written: [] },
    });
  });

  test("refuses a foreign Host on every path", async () => {
    const server = await startTestServer();
    for (const path of ["/", "/graphql", "/healthz", "/readyz", "/graphiql/start.js", "/nothing"])
      expect((await ask(server, { path, headers: { host: "evil.example" } })).status, path).toBe(403);
  });

  test("refuses a foreign Host on the WebSocket upgrade", async () => {
    const server = await startTestServer();
    const answer = await ask(server, {
      path: "/graphql",
      headers: { ...UPGRADE, host: `evil.example:${server.port}` },
    });
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body).errors[0].extensions.code).toBe("FOREIGN_HOST");
  });

  test("lets in an Origin of its own, under any loopback name", async () => {
    const server = await startTestServer();
    for (const origin of ["localhost", "127.0.0.1", "[::1]"].map((name) => `http://${name}:${server.port}`)) {
      expect((await ask(server, { ...MUTATION, headers: { ...JSON_TYPE, origin } })).status, origin).toBe(200);
      expect((await ask(server, { path: "/graphql", headers: { ...UPGRADE, origin } })).status, origin).toBe(101);
    }
  });

  test("lets in the Origin of a tunnel, which is the Host that was asked for", async () => {
    const server = await startTestServer();
    const headers = { ...JSON_TYPE, host: "localhost:9999", origin: "http://localhost:9999" };
    expect((await ask(server, { ...MUTATION, headers })).status).toBe(200);
  });

  test.each([
    "https://evil.example",
    "http://localhost:1",
    "null",
    "file://",
    "chrome-extension://abc",
    "http://localhost.evil.example",
  ])("refuses the foreign Origin %s, over HTTP and on the WebSocket upgrade", async (origin) => {
    const server = await startTestServer();
    const answers = [
      await ask(server, { headers: { origin } }),
      await ask(server, { ...MUTATION, headers: { ...JSON_TYPE, origin } }),
      await ask(server, { path: "/graphql", headers: { ...UPGRADE, origin } }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(403);
      expect(JSON.parse(answer.body).errors[0].extensions.code).toBe("FOREIGN_ORIGIN");
    }
    expect(JSON.parse((await ask(server, { path: "/graphql?query={written}" })).body)).toEqual({
      data: { written: [] },
    });
  });

  test("refuses the Origin of a foreign page on the same port", async () => {
    const server = await startTestServer();
    for (const origin of [`http://evil.example:${server.port}`, `http://localhost.evil.example:${server.port}`])
      expect((await ask(server, { headers: { origin } })).status).toBe(403);
  });

  test("refuses what a foreign page loads as an image or a script, and lets its links be followed", async () => {
    const server = await startTestServer();
    const image = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" };
    const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
    const frame = { ...link, "sec-fetch-dest": "iframe" };
    expect((await ask(server, { headers: image })).status).toBe(403);
    expect((await ask(server, { headers: frame })).status).toBe(403);
    expect((await ask(server, { headers: { ...image, "sec-fetch-site": "same-site" } })).status).toBe(403);
    expect((await ask(server, { headers: { ...image, "sec-fetch-site": "same-origin" } })).status).toBe(200);
    expect((await ask(server, { path: "/graphql", headers: { ...link, accept: "text/html" } })).status).toBe(200);
  });
});

describe("a server on all addresses", () => {
  test("answers to any Host, and lets in only the Origin that is that Host", async () => {
    const server = await startTestServer({ host: "0.0.0.0" });
    const host = `storymill.example:${server.port}`;
    const from = (origin: string, asked = host) =>
      ask(server, { ...MUTATION, headers: { ...JSON_TYPE, host: asked, origin } });
    expect((await ask(server, { headers: { host } })).status).toBe(200);
    expect((await from(`http://${host}`)).status).toBe(200);
    // Behind a proxy that speaks TLS, with the port that its scheme implies.
    expect((await from("https://storymill.example", "storymill.example")).status).toBe(200);
    expect((await from("https://storymill.example", "storymill.example:443")).status).toBe(200);
    for (const origin of [
      "https://evil.example",
      "http://storymill.example",
      `http://localhost:${server.port}`,
      "null",
    ])
      expect((await from(origin)).status, origin).toBe(403);
  });

  test("refuses a foreign Origin on the WebSocket upgrade", async () => {
    const server = await startTestServer({ host: "0.0.0.0" });
    const host = `storymill.example:${server.port}`;
    const upgrade = (origin: string) => ask(server, { path: "/graphql", headers: { ...UPGRADE, host, origin } });
    expect((await upgrade(`http://${host}`)).status).toBe(101);
    expect((await upgrade("https://evil.example")).status).toBe(403);
  });
});

test("no answer allows another origin to read it, and a preflight is not answered with leave", async () => {
  const server = await startTestServer();
  const preflight = { origin: "https://evil.example", "access-control-request-method": "POST" };
  const answers = [
    await ask(server, { headers: { origin: `http://localhost:${server.port}` } }),
    await ask(server, { method: "OPTIONS", path: "/graphql", headers: preflight }),
    await ask(server, { method: "OPTIONS", path: "/graphql" }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 403, 405]);
  for (const { headers } of answers)
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
});

describe("POST", () => {
  test.each([
    ["a form", "application/x-www-form-urlencoded", `query=${encodeURIComponent('mutation { write(text: "x") }')}`],
    [
      "a multipart form",
      "multipart/form-data; boundary=b",
      '--b\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{"query":"mutation { write(text: \\"x\\") }"}\r\n--b--\r\n',
    ],
    ["plain text", "text/plain", MUTATION.body],
    ["GraphQL as text", "application/graphql", 'mutation { write(text: "x") }'],
    ["a list of types", "application/json, text/plain", MUTATION.body],
    ["no type", "", MUTATION.body],
  ])("refuses %s with 415 and runs nothing", async (_name, type, body) => {
    const server = await startTestServer();
    const headers: Record<string, string> = type === "" ? {} : { "content-type": type };
    const answer = await ask(server, { method: "POST", path: "/graphql", headers, body });
    expect(answer.status).toBe(415);
    expect(JSON.parse(answer.body).errors[0].extensions.code).toBe("UNSUPPORTED_MEDIA_TYPE");
    expect(JSON.parse((await ask(server, { path: "/graphql?query={written}" })).body)).toEqual({
      data: { written: [] },
    });
  });

  test.each([
    "application/json",
    "application/json; charset=utf-8",
    "application/json;charset=utf-8",
    "Application/JSON",
  ])("takes %s", async (type) => {
    const server = await startTestServer();
    const answer = await ask(server, { ...MUTATION, headers: { "content-type": type } });
    expect(JSON.parse(answer.body)).toEqual({ data: { write: "x" } });
  });
});
