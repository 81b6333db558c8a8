import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

/** A run's events as Storymill sent them, and when after its beginning: the other servers send the same, as far apart. */
export interface Recorded {
  readonly afterMs: number;
  /** The message on the WebSocket. */
  readonly text: string;
}

export function writeRecording(file: string, events: readonly Recorded[]): void {
  writeFileSync(file, JSON.stringify(events));
}

export function readRecording(file: string): Recorded[] {
  return JSON.parse(readFileSync(file, "utf8"));
}

/** Calls `send` with each event at its time, counted from now. */
export async function replay(events: readonly Recorded[], send: (event: Recorded) => void): Promise<void> {
  const begun = performance.now();
  for (const event of events) {
    const wait = begun + event.afterMs - performance.now();
    if (wait > 0) await setTimeout(wait);
    send(event);
  }
}
