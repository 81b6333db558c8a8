import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { listen } from "../../src/server/listen.ts";

function createTestServer() {
  const server = createServer();
  onTestFinished(() => void server.close());
  return server;
}

test("port 0 takes a free port and tells which", async () => {
  const [one, two] = [createTestServer(), createTestServer()];
  const ports = [await listen(one, "127.0.0.1", 0), await listen(two, "127.0.0.1", 0)];
  expect(ports[0]).toBeGreaterThan(0);
  expect(ports[1]).not.toBe(ports[0]);
});

test("a port in use is told in one line that says what to do", async () => {
  const port = await listen(createTestServer(), "127.0.0.1", 0);
  const second = listen(createTestServer(), "127.0.0.1", port);
  await expect(second).rejects.toMatchObject({
    name: "ListenError",
    message: `Port ${port} on 127.0.0.1 is in use by another program. Stop that one, or set PORT to another port; 0 takes any free one.`,
    cause: { code: "EADDRINUSE" },
  });
});

test("an address of another machine is told as that", async () => {
  await expect(listen(createTestServer(), "192.0.2.1", 0)).rejects.toMatchObject({
    name: "ListenError",
    message: expect.stringContaining("The address 192.0.2.1 is none of this machine's. Set HOST"),
  });
});
