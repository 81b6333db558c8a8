import type { GeneratedSubtask, Generator, SplitRequest } from "../../src/generation/generator.ts";

/** A generator whose every answer is the test's; it keeps the requests that it got, in order. */
export interface ScriptedGenerator extends Generator {
  readonly requests: SplitRequest[];
  /** How many calls are under way. */
  readonly inFlight: () => number;
}

type Behaviour = (request: SplitRequest, call: number) => Promise<readonly GeneratedSubtask[]>;

/** @param behave what each call does; `call` counts from 1 for each title. By default five subtasks at once. */
export function createScriptedGenerator(
  behave: Behaviour = async ({ story }) => subtasksFor(story.title),
): ScriptedGenerator {
  const requests: SplitRequest[] = [];
  let inFlight = 0;
  return {
    name: "scripted",
    model: null,
    limited: false,
    requests,
    inFlight: () => inFlight,
    async splitStory(request) {
      requests.push(request);
      inFlight += 1;
      try {
        return await behave(request, requests.filter(({ story }) => story.title === request.story.title).length);
      } finally {
        inFlight -= 1;
      }
    },
  };
}

/** A sound set of subtasks: a chain. */
export function subtasksFor(title: string, count = 5): GeneratedSubtask[] {
  return Array.from({ length: count }, (_, i) => ({
    title: `Step ${i + 1} of ${title}`,
    description: `What step ${i + 1} takes.`,
    effort: "M",
    acceptanceCriteria: [`Step ${i + 1} is done.`],
    dependsOn: i === 0 ? [] : [i - 1],
    coversCriteria: [],
  }));
}

/** A door that calls wait at until the test opens it; an aborted call leaves with the signal's reason. */
export interface Gate {
  pass(signal: AbortSignal): Promise<void>;
  open(): void;
  /** Resolves when so many calls have come to the door. */
  reached(count: number): Promise<void>;
}

export function createGate(): Gate {
  const opened = Promise.withResolvers<void>();
  const waiting: { count: number; resolve: () => void }[] = [];
  let arrived = 0;
  return {
    async pass(signal) {
      arrived += 1;
      for (const { count, resolve } of waiting) if (arrived >= count) resolve();
      const aborted = Promise.withResolvers<never>();
      const leave = () => aborted.reject(signal.reason);
      if (signal.aborted) leave();
      signal.addEventListener("abort", leave);
      try {
        await Promise.race([opened.promise, aborted.promise]);
      } finally {
        signal.removeEventListener("abort", leave);
      }
    },
    open: () => opened.resolve(),
    reached(count) {
      if (arrived >= count) return Promise.resolve();
      return new Promise((resolve) => waiting.push({ count, resolve }));
    },
  };
}
