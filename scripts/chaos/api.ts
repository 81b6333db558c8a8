import { setTimeout as wait } from "node:timers/promises";
import type { TypedDocumentString } from "../../generated/graphql.ts";
import type { Random } from "./random.ts";
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

/** Longer than the program itself waits for a database that is away. */
const PATIENCE_MS = 20_000;
/** What a server that cannot answer now says of it. */
const AWAY = new Set(["SERVICE_UNAVAILABLE", "NOT_READY"]);

/** Talks to the API processes as any client would, and to another one when one is away. */
export function createApi(options: {
  readonly urls: readonly string[];
  readonly random: Random;
  readonly report: (violation: Violation) => void;
}): Api {
  const { urls, random, report } = options;
  const counts = { answers: 0, lost: 0 };

  async function send<R, V>(document: TypedDocumentString<R, V>, variables: V): Promise<R> {
    const query = document.toString();
    const name = /(?:query|mutation) (\w+)/u.exec(query)?.[1] ?? "operation";
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${random.pick(urls)}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      text = await response.text();
    } catch (cause) {
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
