import { createDatabase } from "../../src/database/database.ts";
import { says } from "../../tests/support/loopback-claude/replies.ts";
import { startLoopbackClaude } from "../../tests/support/loopback-claude/server.ts";
import { soundAnswer } from "../../tests/support/loopback-claude/sound-answers.ts";
import { playRun } from "./runs.ts";
import { seedBacklog } from "./seed.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";

export const REQUESTS_PER_MINUTE = 50;
export const OUTPUT_TOKENS_PER_MINUTE = 40_000;
/** What a story takes: it is thought and written in four seconds, after one to the first byte. */
const OUTPUT_TOKENS = 1_000;
const CALL = { latencyMs: 1_000, tokensPerSecond: 250 };

export interface Paced {
  readonly stories: number;
  readonly tookMs: number;
  /** What the limits and a call's length allow. */
  readonly leastMs: number;
  readonly refusedShare: number;
  /** Most workers that shared the limits at one moment. */
  readonly sharing: number;
}

/**
 * Runs of so many stories each under ADAPTIVE, by so many workers on one database and one key, against the loopback Claude
 * with limits: everything as it is, and in real time. A worker has eight runs at once: beyond those, others have some.
 * @param url of a migrated database without runs
 */
export async function measurePacing(
  url: string,
  options: { workers: number; runs: number; stories: number },
): Promise<Paced> {
  const claude = await startLoopbackClaude({
    requestsPerMinute: REQUESTS_PER_MINUTE,
    outputTokensPerMinute: OUTPUT_TOKENS_PER_MINUTE,
    ...CALL,
    respond({ body }) {
      const text = soundAnswer(body);
      return says(text, { thinking: "x".repeat(Math.max(0, OUTPUT_TOKENS * 4 - Buffer.byteLength(text))) });
    },
  });
  const database = createDatabase({ url, maxConnections: 2, onError: () => {} });
  const servers: ServerProcess[] = [];
  for (let i = 0; i < options.workers; i += 1) servers.push(await startServerProcess("claude", url, [claude.baseURL]));
  const epics = [];
  for (let i = 0; i < options.runs; i += 1)
    epics.push(await seedBacklog(database, { stories: options.stories, subtasks: 0 }));
  let sharing = 0;
  const look = setInterval(() => {
    void countSharing().then((count) => (sharing = Math.max(sharing, count)));
  }, 500);
  async function countSharing(): Promise<number> {
    const [row] = await database.read<{ count: number }>(
      `SELECT count(*)::int AS count FROM "ProviderAllowance", jsonb_object_keys(state->'workers')`,
      [],
    );
    return row?.count ?? 0;
  }
  try {
    const began = performance.now();
    await Promise.all(epics.map(({ epicId }, i) => playRun(servers[i % servers.length]?.url ?? "", epicId)));
    const tookMs = performance.now() - began;
    const asked = claude.requests.length;
    const minutes = Math.max(
      (asked - claude.refused - REQUESTS_PER_MINUTE) / REQUESTS_PER_MINUTE,
      (claude.billed.outputTokens - OUTPUT_TOKENS_PER_MINUTE) / OUTPUT_TOKENS_PER_MINUTE,
    );
    const callMs = CALL.latencyMs + (OUTPUT_TOKENS / CALL.tokensPerSecond) * 1_000;
    return {
      stories: options.runs * options.stories,
      tookMs,
      leastMs: minutes * 60_000 + callMs,
      refusedShare: claude.refused / asked,
      sharing,
    };
  } finally {
    clearInterval(look);
    await Promise.all(servers.map((server) => server.close()));
    await database.close();
    await claude.close();
  }
}
