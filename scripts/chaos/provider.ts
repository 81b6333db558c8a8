import type { RecordedRequest } from "../../tests/support/loopback-claude/server.ts";
import { type LoopbackClaude, startLoopbackClaude } from "../../tests/support/loopback-claude/server.ts";
import {
  badKey,
  breaksOff,
  innerFailure,
  overloaded,
  rateLimited,
  refuses,
  runsOut,
  unavailablePage,
  webPage,
} from "../../tests/support/loopback-claude/known-failures.ts";
import { breaks, says, type Reply } from "../../tests/support/loopback-claude/replies.ts";
import { soundAnswer } from "../../tests/support/loopback-claude/sound-answers.ts";
import { blocksOf } from "../../tests/support/loopback-claude/wire.ts";
import { setTimeout as wait } from "node:timers/promises";
import type { Asked } from "./history.ts";
import type { Random } from "./random.ts";
import { TICKET } from "./start-runs.ts";

/** How often, of a thousand requests, which fault is drawn; the others get a sound answer. */
const FAULTS = {
  rateLimited: 40,
  overloaded: 30,
  innerFailure: 30,
  unavailable: 5,
  webPage: 3,
  cut: 25,
  endedEarly: 10,
  errorInStream: 15,
  noAnswer: 10,
  stall: 5,
  malformed: 20,
  tooFew: 15,
  refusal: 8,
  maxTokens: 8,
  badKey: 2,
} as const;
const SOUND = 1_000 - Object.values(FAULTS).reduce((sum, each) => sum + each, 0);

/** A Claude that fails in every way that is known, by chance. */
export interface FlakyProvider {
  readonly baseURL: string;
  readonly requests: number;
  readonly faults: number;
  /** Calls that do not tell who makes them, or for which run. */
  readonly unknown: number;
  /** Runs that this process has asked for. */
  askedBy(process: string): Asked[];
  /** Away for so long, calls under way broken off. */
  restart(downMs: number): Promise<void>;
  /** From now on only sound answers; what hangs is broken off. */
  calm(): Promise<void>;
  close(): Promise<void>;
}

export async function startFlakyProvider(port: number, random: Random): Promise<FlakyProvider> {
  let faulty = true;
  let requests = 0;
  let faults = 0;
  let unknown = 0;
  /** When which process last asked, by ticket. */
  const asks = new Map<string, Map<string, number>>();

  function respond(request: RecordedRequest): Reply {
    requests += 1;
    const ticket = ticketOf(request);
    const process = request.headers["x-chaos-process"];
    if (ticket === null || typeof process !== "string") unknown += 1;
    else {
      const askers = asks.get(ticket) ?? new Map<string, number>();
      asks.set(ticket, askers.set(process, Date.now()));
    }
    const sound = soundAnswer(request.body);
    // Drawn for each request, fault or not, so that the next one's draw does not hang on it.
    const pace = { latencyMs: 50 + 1_200 * random.next() ** 2, tokensPerSecond: random.between(300, 2_000) };
    const fault = random.weighed({ sound: SOUND, ...FAULTS });
    const where = Math.floor(random.next() * sound.length);
    if (!faulty || fault === "sound") return says(sound, faulty ? pace : {});
    faults += 1;
    return failing(fault, sound, where);
  }

  const start = (): Promise<LoopbackClaude> => startLoopbackClaude({ port, respond });
  let claude = await start();
  const { baseURL } = claude;

  async function restart(downMs: number): Promise<void> {
    await claude.close();
    await wait(downMs);
    claude = await start();
  }

  return {
    baseURL,
    get requests() {
      return requests;
    },
    get faults() {
      return faults;
    },
    get unknown() {
      return unknown;
    },
    askedBy: (process) =>
      [...asks].flatMap(([ticket, askers]) => {
        const at = askers.get(process);
        const others = [...askers].filter(([name]) => name !== process).map(([, time]) => time);
        return at === undefined ? [] : [{ ticket, at, othersAt: Math.max(0, ...others) }];
      }),
    restart,
    async calm() {
      faulty = false;
      await restart(0);
    },
    close: () => claude.close(),
  };
}

function failing(fault: keyof typeof FAULTS, sound: string, where: number): Reply {
  switch (fault) {
    case "rateLimited":
      return rateLimited(1);
    case "overloaded":
      return overloaded();
    case "innerFailure":
      return innerFailure();
    case "unavailable":
      return unavailablePage();
    case "webPage":
      return webPage();
    case "cut":
      return breaksOff(sound, "destroy", where);
    case "endedEarly":
      return breaksOff(sound, "end", where);
    case "errorInStream":
      return breaksOff(sound, { type: "overloaded_error", message: "Overloaded" }, where);
    case "noAnswer":
      return breaks();
    case "stall":
      return breaksOff(sound, "stall", where);
    case "malformed":
      return says(`${sound.slice(0, where)} and so on.`);
    case "tooFew":
      return says(sound.startsWith('{"subtasks"') ? '{"subtasks":[]}' : '{"stories":[]}');
    case "refusal":
      return refuses();
    case "maxTokens":
      return runsOut(sound.slice(0, where));
    case "badKey":
      return badKey();
  }
}

/** The ticket of the run that asks: its starter's wishes are told with each call. */
function ticketOf({ body }: RecordedRequest): string | null {
  const texts = (body.messages ?? []).flatMap(({ content }) => blocksOf(content).map(({ text }) => text ?? ""));
  return TICKET.exec(texts.join("\n"))?.[0] ?? null;
}
