import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import pg from "pg";
import { expect, it, onTestFinished } from "vitest";
import { answersInTime } from "../src/answers-in-time.ts";
import { createTestDatabase, createTestDatabaseUrl } from "./support/database.ts";

const TIMEOUT_MS = 200;

/** Nothing else happens in this process for so long. */
function stall(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

it("an answer that came while this process stood still is one in time", async () => {
  const pool = new pg.Pool({ connectionString: await createTestDatabaseUrl(), max: 1 });
  onTestFinished(() => pool.end());
  await pool.query("SELECT 1");
  const state = answersInTime(() => pool.query("SELECT 1"), TIMEOUT_MS);
  // The question is written at the end of this turn.
  process.nextTick(() => process.nextTick(stall, 2 * TIMEOUT_MS));
  expect(await state).toBe("ok");
});

it("and so it is through all the layers of the database", async () => {
  const database = await createTestDatabase();
  onTestFinished(() => database.close());
  await database.prisma.$queryRaw`SELECT 1`;
  for (const turns of [0, 1, 3, 6]) {
    const state = answersInTime(() => database.prisma.$queryRaw`SELECT 1`, TIMEOUT_MS);
    // Somewhere on the way of the question or of its answer.
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    stall(2 * TIMEOUT_MS);
    expect(await state).toBe("ok");
  }
});

it("who says nothing is unreachable, in time; so is who refuses", async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  await once(silent, "listening");
  const client = new pg.Client({ host: "127.0.0.1", port: (silent.address() as AddressInfo).port });
  client.on("error", () => {});
  const began = performance.now();
  expect(await answersInTime(() => client.connect(), TIMEOUT_MS)).toBe("unreachable");
  expect(performance.now() - began).toBeGreaterThan(TIMEOUT_MS - 20);
  expect(await answersInTime(() => Promise.reject(new Error("No.")), TIMEOUT_MS)).toBe("unreachable");
});
