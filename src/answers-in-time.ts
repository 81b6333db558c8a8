import { setImmediate, setTimeout } from "node:timers/promises";

/** How a part stands that was asked a question. */
export type PartState = "ok" | "unreachable";

const STEPS = 10;

/**
 * Whether a part answers within so long. Time in which this process stood still (it was stopped, or its machine busy) does
 * not count: it says nothing of the part. Never rejects.
 */
export async function answersInTime(ask: () => Promise<unknown>, ms: number): Promise<PartState> {
  const answered = new AbortController();
  // What is wrong is in the log already, told by who lost the connection; here it only matters that it is.
  const answer = ask().then(
    (): PartState => "ok",
    (): PartState => "unreachable",
  );
  const late = waitAwake(ms, answered.signal).then((): PartState => "unreachable");
  const state = await Promise.race([answer, late]);
  answered.abort();
  return state;
}

/** Waits so long, in steps of which a stall takes one at most; or until the signal. */
async function waitAwake(ms: number, signal: AbortSignal): Promise<void> {
  for (let step = 0; step < STEPS && !signal.aborted; step += 1)
    await setTimeout(ms / STEPS, undefined, { signal }).catch(() => {});
  // Timers come before what lies in the sockets already: that is read now.
  await setImmediate();
  await setImmediate();
}
