import { setTimeout as wait } from "node:timers/promises";
import type { TypedDocumentString } from "../../generated/graphql.ts";
import type { Slot } from "./processes.ts";
import type { Random } from "./random.ts";
import { ALLOWANCE_MS, type Timeline } from "./timeline.ts";
import type { Violation } from "./violations.ts";

/** No answer, or one that says that there can be none now: whether anything was done is not known. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

export interface Api {
  /** Sends an operation once, to any API process. @throws NoAnswer */
  try<R, V>(document: TypedDocumentString<R, V>, variables: V): Promise<R>;
  /** The same until there is an answer; `lost` counts those that did not come. */
  ask<R, V>(document: TypedDocumentString<R, V>, variables: V): Promise<{ readonly data: R; readonly lost: number }>;
  readonly counts: { readonly answers: number; readonly lost: number };
}

/** The program gives up an operation after 25 s (src/server/deadline.ts), and says so; it gets so much for that, and for the machine. */
const PATIENCE_MS = 25_000 + 5_000 + ALLOWANCE_MS;
/** What a server that cannot answer now says of it. */
const AWAY = new Set(["SERVICE_UNAVAILABLE", "NOT_READY"]);

/** Talks to the API processes as any client would, and to another one when one is away. */
export function createApi(options: {
  readonly slots: readonly Pick<Slot, "name" | "url">[];
  readonly timeline: Timeline;
  readonly random: Random;
  readonly report: (violation: Violation) => void;
  readonly patienceMs?: number;
}): Api {
  const { slots, timeline, random, report, patienceMs = PATIENCE_MS } = options;
  const counts = { answers: 0, lost: 0 };

  async function send<R, V>(document: TypedDocumentString<R, V>, variables: V): Promise<R> {
    const query = document.toString();
    const name = /(?:query|mutation) (\w+)/u.exec(query)?.[1] ?? "operation";
    const { url, name: asked } = random.pick(slots);
    const began = Date.now();
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(patienceMs),
      });
      text = await response.text();
    } catch (cause) {
      // Who was there all along hangs; who was killed or halted may say nothing.
      if (isTimeout(cause) && timeline.couldWorkSince(asked, began))
        report({ kind: "answer", text: `${asked} did not answer ${name} within ${patienceMs / 1_000} s.` });
      throw new NoAnswer(`No answer to ${name}.`, { cause });
    }
    const { data, errors } = parse<R>(text);
    const codes = errors?.map(({ extensions }) => extensions?.code ?? "") ?? [];
    if (codes.length > 0 && codes.every((code) => AWAY.has(code))) throw new NoAnswer(`No answer to ${name} now.`);
    if (data === undefined || data === null || errors !== undefined || response.status !== 200) {
      report({ kind: "answer", text: `${name} was answered with HTTP ${response.status}: ${text.slice(0, 400)}` });
      throw new NoAnswer(`No sound answer to ${name}.`);
    }
    return data;
  }

  async function attempt<R, V>(document: TypedDocumentString<R, V>, variables: V): Promise<R> {
    try {
      const data = await send(document, variables);
      counts.answers += 1;
      return data;
    } catch (error) {
      counts.lost += 1;
      throw error;
    }
  }

  return {
    counts,
    try: attempt,
    async ask(document, variables) {
      for (let lost = 0; ; lost += 1) {
        try {
          return { data: await attempt(document, variables), lost };
        } catch (error) {
          if (!(error instanceof NoAnswer)) throw error;
          await wait(random.between(100, 700));
        }
      }
    },
  };
}

function isTimeout(cause: unknown): boolean {
  return cause instanceof Error && cause.name === "TimeoutError";
}

interface GraphqlAnswer<R> {
  readonly data?: R | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** What is no JSON is an answer without anything in it. */
function parse<R>(text: string): GraphqlAnswer<R> {
  try {
    return JSON.parse(text) as GraphqlAnswer<R>;
  } catch {
    return {};
  }
}
