import { setTimeout as wait } from "node:timers/promises";

/** What is never over, although it moves, is waited for no longer. */
const MOST_MS = 600_000;
const LOOK_MS = 500;

/**
 * Waits until `look` finds nothing more, or only what has stood as it is for so long. A look that comes late, because the
 * machine stood still, counts no more than another.
 * @param look says how each thing stands that is not over
 */
export async function waitWhileItMoves(look: () => Promise<readonly string[]>, patienceMs: number): Promise<void> {
  let before = "";
  let stoodMs = 0;
  for (const end = Date.now() + MOST_MS; Date.now() < end; stoodMs += LOOK_MS) {
    const left = await look();
    if (left.length === 0) return;
    const now = left.join();
    if (now !== before) stoodMs = 0;
    else if (stoodMs >= patienceMs) return;
    before = now;
    await wait(LOOK_MS);
  }
}
