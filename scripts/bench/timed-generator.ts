import { setTimeout } from "node:timers/promises";
import type { GeneratedSubtask, Generator } from "../../src/generation/generator.ts";
import { createOutlineGenerator } from "../../src/generation/outline.ts";

/**
 * A generator that takes `latencyMs` to split a story and splits `atOnce` of them at a time; others wait in line.
 * @param gate what a call waits for first
 */
export function createTimedGenerator(latencyMs: number, atOnce: number, gate?: () => Promise<void>): Generator {
  const line: (() => void)[] = [];
  let free = atOnce;
  return {
    ...createOutlineGenerator(),
    async splitStory({ story, signal }) {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => line.push(resolve));
      try {
        await gate?.();
        if (latencyMs > 0) await setTimeout(latencyMs, undefined, { signal });
        return subtasksOf(story.title);
      } finally {
        const next = line.shift();
        if (next === undefined) free += 1;
        else next();
      }
    },
  };
}

function subtasksOf(title: string): GeneratedSubtask[] {
  return Array.from({ length: 5 }, (_, i) => ({
    title: `Step ${i + 1} of ${title}`,
    description: `What step ${i + 1} takes, in a sentence or two, as a model would write it for whoever picks it up.`,
    effort: "M",
    acceptanceCriteria: [`Step ${i + 1} can be seen to be done.`],
    dependsOn: i === 0 ? [] : [i - 1],
    coversCriteria: [],
  }));
}
