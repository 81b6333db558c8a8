import { describe, expect, it, onTestFinished } from "vitest";
import type { Database } from "../../src/database/database.ts";
import { executeRun } from "../../src/engine/executor/execute-run.ts";
import { GenerationError } from "../../src/generation/generator.ts";
import { createTestEngine } from "../support/engine.ts";
import { type Behaviour, createScriptedGenerator, subtasksFor } from "../support/scripted-generator.ts";

const SPENT = { inputTokens: 10, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0.5 };

/** A database whose answer to the commit of its `nth` transaction is lost: it is done, and nobody is told. */
function losingAnswer(database: Database, nth: number): { database: Database; lost: () => boolean } {
  let count = 0;
  return {
    lost: () => count >= nth,
    database: {
      ...database,
      async transaction(work) {
        const result = await database.transaction(work);
        count += 1;
        if (count === nth) throw new Error("Connection terminated unexpectedly");
        return result;
      },
    },
  };
}

/** "Wobbly" is refused once for a passing reason, "Broken" fails, all others are split at once. */
const behaviour: Behaviour = async ({ story, onUsage }, call) => {
  onUsage(SPENT);
  if (story.title === "Wobbly" && call === 1)
    throw new GenerationError("Too busy.", { retry: { throttled: false, afterMs: null } });
  if (story.title === "Broken") throw new GenerationError("No.");
  return subtasksFor(story.title, 3);
};

describe("a commit whose answer is lost", () => {
  it("changes nothing in how a run ends, whichever of its transactions it is", { timeout: 120_000 }, async () => {
    const generator = createScriptedGenerator();
    const engine = await createTestEngine(generator);
    onTestFinished(() => engine.close());
    let nth = 0;
    for (let lost = true; lost;) {
      nth += 1;
      generator.script(behaviour);
      const runId = await engine.start(["Good", "Wobbly", "Broken", "Last"]);
      const losing = losingAnswer(engine.database, nth);
      const parts = { ...engine.parts, database: losing.database };
      // What a worker does: a run whose execution met a passing error is taken up again.
      for (let over = false; !over;)
        over = await executeRun(parts, runId, new AbortController().signal).then(
          (result) => result === "over",
          () => false,
        );
      lost = losing.lost();
      const run = await engine.database.prisma.run.findUniqueOrThrow({
        where: { id: runId },
        include: { items: true },
      });
      expect(run, `transaction ${nth}`).toMatchObject({
        ...{ status: "PARTIAL", completedItems: 3, failedItems: 1, createdCount: 9 },
        ...{ inputTokens: 50, outputTokens: 5, costUsd: 2.5 },
      });
      const attempts = run.items.toSorted((a, b) => a.position - b.position).map((item) => item.attempts);
      expect(attempts, `transaction ${nth}`).toEqual([1, 2, 1, 1]);
      const events = await engine.database.prisma.runEvent.findMany({ where: { runId }, orderBy: { seq: "asc" } });
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
      expect(await engine.database.prisma.subtask.count({ where: { runId } })).toBe(9);
    }
    // Every transaction of the run was the one at least once.
    expect(nth).toBeGreaterThan(4);
  });
});
