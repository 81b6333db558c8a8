import type { GeneratedSubtask, Generator, SplitRequest } from "../../src/generation/generator.ts";

/** A generator whose every answer is the test's; it keeps the requests that it got, in order. */
export interface ScriptedGenerator extends Generator {
  readonly requests: SplitRequest[];
  /** How many calls are under way. */
  readonly inFlight: () => number;
  /** From now on behaves so, and has got no request yet. By default five subtasks at once. */
  script(behave?: Behaviour): void;
}

/** What a call does; `call` counts from 1 for each title. */
export type Behaviour = (request: SplitRequest, call: number) => Promise<readonly GeneratedSubtask[]>;

const fiveAtOnce: Behaviour = async ({ story }) => subtasksFor(story.title);

export function createScriptedGenerator(
  behave: Behaviour = fiveAtOnce,
  options: { limited?: boolean } = {},
): ScriptedGenerator {
  const requests: SplitRequest[] = [];
  let behaviour = behave;
  let inFlight = 0;
  return {
    name: "scripted",
    model: null,
    limited: options.limited ?? false,
    requests,
    inFlight: () => inFlight,
    script(next = fiveAtOnce) {
      behaviour = next;
      requests.length = 0;
    },
    async splitStory(request) {
      requests.push(request);
      inFlight += 1;
      try {
        return await behaviour(request, requests.filter(({ story }) => story.title === request.story.title).length);
      } finally {
        inFlight -= 1;
      }
    },
    fillEpic: () => Promise.reject(new Error("A scripted generator fills no epics.")),
    estimate: () => Promise.reject(new Error("A scripted generator estimates nothing.")),
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
