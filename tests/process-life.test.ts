import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";

interface Child {
  readonly process: ChildProcessWithoutNullStreams;
  readonly lines: string[];
  /** Resolves once the program has said that on stdout. */
  said(line: string): Promise<void>;
  /** The exit code, and what was logged. */
  end(): Promise<{ code: number | null; log: Record<string, unknown>[] }>;
}

/** @param shell whether a shell stands between, as under npm */
function startChild(how: string, { shell = false } = {}): Child {
  const program = path.join(import.meta.dirname, "process-life-child.ts");
  const child = shell
    ? spawn("sh", ["-c", `"${process.execPath}" "${program}" "${how}"; exit`])
    : spawn(process.execPath, [program, how]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  let logged = "";
  const more = new EventTarget();
  child.stdout.on("data", (chunk) => {
    lines.push(...String(chunk).split("\n").filter(Boolean));
    more.dispatchEvent(new Event("line"));
  });
  child.stderr.on("data", (chunk) => (logged += String(chunk)));
  const exit = once(child, "close");
  return {
    process: child,
    lines,
    said: async (line) => {
      while (!lines.includes(line))
        await new Promise((resolve) => more.addEventListener("line", resolve, { once: true }));
    },
    end: async () => {
      const [code] = (await exit) as [number | null];
      return {
        code,
        log: logged
          .split("\n")
          .filter(Boolean)
          .map((line): Record<string, unknown> => JSON.parse(line)),
      };
    },
  };
}

test.each(["SIGTERM", "SIGINT"] as const)("%s closes the program, which then ends with 0", async (signal) => {
  const child = startChild("well");
  await child.said("started");
  child.process.kill(signal);
  expect(await child.end()).toMatchObject({
    code: 0,
    log: [{ msg: `${signal}: closing; once more ends at once.` }, { msg: "Closed." }],
  });
  expect(child.lines).toEqual(["started", "closing", "closed"]);
});

test("a second signal ends it at once, with 1", async () => {
  const child = startChild("close hangs");
  await child.said("started");
  child.process.kill("SIGTERM");
  await child.said("closing");
  const second = performance.now();
  child.process.kill("SIGTERM");
  expect(await child.end()).toMatchObject({ code: 1 });
  expect(performance.now() - second).toBeLessThan(1_000);
});

test("Ctrl-C under npm, which comes twice, still closes", async () => {
  const child = startChild("close waits");
  await child.said("started");
  child.process.kill("SIGINT");
  await child.said("closing");
  child.process.kill("SIGINT");
  child.process.kill("SIGUSR2");
  expect(await child.end()).toMatchObject({ code: 0 });
});

test("it ends with the shell that npm started it in, which passes no signal on", async () => {
  const child = startChild("with parent", { shell: true });
  await child.said("started");
  child.process.kill("SIGTERM");
  const { log } = await child.end();
  expect(log.map(({ msg }) => msg)).toEqual(["What started this program has ended: closing.", "Closed."]);
  expect(child.lines).toEqual(["started", "closing", "closed"]);
});

test("closing that takes too long is cut off, with 1", async () => {
  const child = startChild("close hangs");
  await child.said("started");
  const start = performance.now();
  child.process.kill("SIGTERM");
  const { code, log } = await child.end();
  expect(code).toBe(1);
  expect(log.at(-1)).toMatchObject({ msg: "Closing took longer than 1.5 s: cut off." });
  expect(performance.now() - start).toBeGreaterThan(1_400);
});

test("closing that fails ends it with 1 and says why", async () => {
  const child = startChild("close fails");
  await child.said("started");
  child.process.kill("SIGTERM");
  const { code, log } = await child.end();
  expect(code).toBe(1);
  expect(log.at(-1)).toMatchObject({ level: 50, err: { message: "cannot let go" } });
});

test("a signal in mid-start closes what has been started, once it has", async () => {
  const child = startChild("slow start");
  await child.said("starting");
  child.process.kill("SIGTERM");
  child.process.kill("SIGUSR2");
  expect(await child.end()).toMatchObject({ code: 0 });
  expect(child.lines).toEqual(["starting", "started", "closing", "closed"]);
});

test.each(["uncaught", "unhandled"])(
  "an error that nobody handles (%s) is logged, and closes the program with 1",
  async (how) => {
    const child = startChild(how);
    const { code, log } = await child.end();
    expect(code).toBe(1);
    expect(log[0]).toMatchObject({ level: 60, err: { stack: expect.stringContaining("Error") } });
    expect(child.lines).toEqual(["started", "closing", "closed"]);
  },
);

test("a start that fails is its caller's to tell", async () => {
  const child = startChild("start fails");
  expect(await child.end()).toEqual({ code: 3, log: [] });
  expect(child.lines).toEqual(["start failed: Error: no database"]);
});
