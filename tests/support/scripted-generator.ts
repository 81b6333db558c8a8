import type {
  FillRequest,
  GeneratedStory,
  GeneratedSubtask,
  Generator,
  SplitRequest,
} from "../../src/generation/generator.ts";

/** A generator whose every answer is the test's; it keeps the requests that it got, in order. */
export interface ScriptedGenerator extends Generator {
  readonly requests: SplitRequest[];
  /** The same of those that fill epics. */
  readonly fills: FillRequest[];
  /** How many calls are under way. */
  readonly inFlight: () => number;
  /** From now on behaves so, and has got no request yet. By default five subtasks at once. */
  script(behave?: Behaviour): void;
  /** The same for epics. By default five stories at once. */
  scriptFills(behave?: FillBehaviour): void;
}

/** What a call does; `call` counts from 1 for each title. */
export type Behaviour = (request: SplitRequest, call: number) => Promise<readonly GeneratedSubtask[]>;

export type FillBehaviour = (request: FillRequest, call: number) => Promise<readonly GeneratedStory[]>;

const fiveStoriesAtOnce: FillBehaviour = async ({ epic }) => storiesFor(epic.title);
const fiveAtOnce: Behaviour = async ({ story }) => subtasksFor(story.title);

export function createScriptedGenerator(
  behave: Behaviour = fiveAtOnce,
  options: { limited?: boolean } = {},
): ScriptedGenerator {
  const requests: SplitRequest[] = [];
  const fills: FillRequest[] = [];
  let behaviour = behave;
  let fillBehaviour = fiveStoriesAtOnce;
  let inFlight = 0;
  return {
    name: "scripted",
    model: null,
    limited: options.limited ?? false,
    requests,
    fills,
    inFlight: () => inFlight,
    script(next = fiveAtOnce) {
      behaviour = next;
      requests.length = 0;
    },
    scriptFills(next = fiveStoriesAtOnce) {
      fillBehaviour = next;
      fills.length = 0;
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
    async fillEpic(request) {
      fills.push(request);
      inFlight += 1;
      try {
        return await fillBehaviour(request, fills.filter(({ epic }) => epic.title === request.epic.title).length);
      } finally {
        inFlight -= 1;
      }
    },
    estimate: () => Promise.reject(new Error("A scripted generator estimates nothing.")),
    itemCostUsd: () => null,
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

/** A sound set of stories. */
export function storiesFor(title: string, count = 5): GeneratedStory[] {
  return Array.from({ length: count }, (_, i) => ({
    title: `Wish ${i + 1} of ${title}`,
    persona: "End user",
    narrative: `As an end user I want wish ${i + 1} so that all is well.`,
    description: `What wish ${i + 1} takes.`,
    acceptanceCriteria: [`Wish ${i + 1} is met.`, `Wish ${i + 1} stays met.`],
    priority: "SHOULD",
    effort: "M",
  }));
}
