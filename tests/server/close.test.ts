import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { connect, startTestServer } from "./server-fixture.ts";

test("closing ends subscriptions over WebSockets with 1001 and does not complete them", async () => {
  const server = await startTestServer();
  const client = connect(server);
  const closed = new Promise<unknown>((resolve) => client.on("closed", resolve));
  const begun = server.ticks.begun();
  const next = client.iterate({ query: "subscription { ticks }" }).next();
  // A completed subscription would have ended `next`; a lost one rejects it, and a client of the real world comes again.
  const lost = expect(next).rejects.toMatchObject({ code: 1001 });
  await begun;
  await server.close();
  expect(server.ticks.open).toBe(0);
  expect(await closed).toMatchObject({ code: 1001 });
  await lost;
});

test("closing cuts streams of server-sent events at once and does not complete them", async () => {
  const server = await startTestServer();
  const begun = server.ticks.begun();
  const response = await server.post({ query: "subscription { ticks }" }, { accept: "text/event-stream" });
  await begun;
  const body = response.text();
  const cut = expect(body).rejects.toThrow("terminated");
  const start = performance.now();
  await server.close();
  expect(performance.now() - start).toBeLessThan(1_000);
  await cut;
  await server.ticks.drained();
  expect(server.ticks.open).toBe(0);
});

test("a request under way is answered before the server is closed", async () => {
  const server = await startTestServer();
  const gate = Promise.withResolvers<void>();
  server.ticks.gate = gate.promise;
  const asked = server.ticks.asked();
  const answer = server.post({ query: "{ waits }" });
  await asked;
  const closed = server.close();
  gate.resolve();
  const response = await answer;
  expect(await response.json()).toEqual({ data: { waits: "done" } });
  expect(response.headers.get("connection")).toBe("close");
  await closed;
  await expect(server.post({ query: "{ hello }" })).rejects.toThrow("fetch failed");
});

test("clients that do not answer do not hold the server up for long", async () => {
  const server = await startTestServer();
  server.ticks.gate = new Promise(() => {});
  const asked = server.ticks.asked();
  const unanswered = server.post({ query: "{ waits }" }).catch((error: unknown) => error);
  await asked;
  const idle = connectTcp(server.port, "127.0.0.1").on("error", () => {});
  await once(idle, "connect");
  const deaf = new WebSocket(`${server.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  onTestFinished(() => deaf.terminate());
  await once(deaf, "open");
  deaf.pause();

  const start = performance.now();
  await server.close();
  expect(performance.now() - start).toBeLessThan(5_000);
  expect(await unanswered).toBeInstanceOf(Error);
  idle.destroy();
});

test("a server without work under way closes at once, and closing it again is fine", async () => {
  const server = await startTestServer();
  await server.post({ query: "{ hello }" });
  const start = performance.now();
  await server.close();
  expect(performance.now() - start).toBeLessThan(1_500);
  await server.close();
});

test("a closed server leaves nothing that keeps its process alive", async () => {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "closing-child.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  const [code] = (await once(child, "exit")) as [number | null];
  expect({ code, output }).toEqual({ code: 0, output: "closed\n" });
});
