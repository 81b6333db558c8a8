import { APIConnectionError, APIError } from "@anthropic-ai/sdk";
import { GenerationError } from "../generator.ts";
import { cutAtWord } from "../../backlog/characters.ts";
import { CallTimeout } from "./call-watch.ts";
import { explainStatus } from "./explain-status.ts";
import { AGAIN, type Explanation, TRY_LATER } from "./explanation.ts";
import type { Provider } from "./provider.ts";
import type { Reply } from "./reply.ts";

/** What came back as a success and is no answer of this API, or only the beginning of one. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
  readonly what: "a web page or plain text" | "something else" | "nothing" | "a part";
  constructor(what: NoAnswer["what"]) {
    super(`The server sent ${what} instead of an answer.`);
    this.what = what;
  }
}

export interface FailedCall {
  readonly provider: Provider;
  readonly model: string;
  /** What had come until then. */
  readonly reply: Reply;
  /** Milliseconds of the epoch. */
  readonly now: number;
}

/** A certificate that is not trusted, or none at all where one is asked for: no waiting mends that. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|^ERR_(?:TLS|SSL)/u;
/** Providers name requests in some thirty characters; what is longer is no name to look one up by. */
const LONGEST_ID = 100;

/**
 * What a failed call means for the one who started the run: what happened, with what, what to do, and whether trying
 * again may help or every further call would meet the same. The error that was thrown is kept as cause.
 */
export function toGenerationError(error: unknown, call: FailedCall): GenerationError {
  const { message, advice, fatal = false, retry = null } = explain(error, call);
  const id = error instanceof APIError && error.requestID ? cutAtWord(error.requestID, LONGEST_ID) : null;
  const request = id === null ? "" : ` (Request ${id}.)`;
  return new GenerationError(`${message} ${advice}${request}`, {
    ...{ happened: `${message}${request}`, cause: error, fatal, retry },
  });
}

function explain(error: unknown, call: FailedCall): Explanation {
  const { provider, model } = call;
  if (!isForeseen(error)) {
    const name = error instanceof Error ? error.name : typeof error;
    return {
      message: `Asking ${model} failed unexpectedly (${name}); the server's log says where.`,
      advice: "Retry the run; where that does not help, report it with what the log says.",
    };
  }
  if (error instanceof CallTimeout) return explainTimeout(error, call);
  // The SDK's own timeout for headers is one of these; its words are right for both.
  if (error instanceof APIConnectionError) {
    const code = codeOf(error);
    const named = code === null ? "" : ` (${code})`;
    if (code !== null && UNTRUSTED.test(code)) {
      return {
        message: `${provider.name} has no certificate that can be trusted${named}.`,
        advice: "Check ANTHROPIC_BASE_URL and the certificates of this machine.",
      };
    }
    return {
      message: `${provider.name} could not be reached${named}.`,
      advice: "Check the network and ANTHROPIC_BASE_URL, then retry the run.",
      retry: AGAIN,
    };
  }
  if (error instanceof APIError) return explainStatus(error, call);
  if (error instanceof NoAnswer && error.what !== "a part") {
    return {
      message: `${provider.name} sent ${error.what} instead of a model's answer.`,
      advice: "Check ANTHROPIC_BASE_URL and any proxy in between.",
      // A proxy's page for "come back later" looks no different from one for "sign in".
      retry: AGAIN,
    };
  }
  return { message: `The answer of ${model} was cut off on its way.`, advice: TRY_LATER, retry: AGAIN };
}

function explainTimeout({ kind, ms }: CallTimeout, { provider, model, reply }: FailedCall): Explanation {
  const seconds = Math.ceil(ms / 1000);
  if (kind === "silent") {
    return {
      message: `${provider.name} sent nothing for ${seconds} s, and the call was given up.`,
      advice: TRY_LATER,
      retry: AGAIN,
    };
  }
  const message = `${model} did not finish its answer within ${seconds} s.`;
  const advice = "Retry the run in a while, or choose a coarser mode.";
  // An answer that was being written would be as long again; one that never began was stuck.
  return reply.text === "" ? { message, advice, retry: AGAIN } : { message, advice };
}

/** Whether it is of a kind that is known to happen; anything else is a mistake of ours, or a new one of the SDK's. */
function isForeseen(error: unknown): boolean {
  return error instanceof CallTimeout || error instanceof APIError || error instanceof NoAnswer || isBroken(error);
}

/** A socket that closed in mid-body: fetch says no more of it than "terminated". */
function isBroken(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.message === "terminated" || /^(?:UND_ERR_|ECONN|EPIPE|ETIMEDOUT)/u.test(codeOf(error) ?? "");
}

/** What an error is, for a log: never its message, which may quote what was sent or came. */
export function causeOf(error: unknown): string {
  if (error instanceof CallTimeout) return error.kind;
  if (error instanceof NoAnswer) return error.what;
  return codeOf(error) ?? (error instanceof Error ? error.constructor.name : typeof error);
}

/** One line of a stack that names a place in a file. */
const FRAME = /^ {4}at (?:[\w$#.<>[\] ]+ \()?(?:file:\/\/|node:|\/|[A-Z]:\\)[^()]*:\d+:\d+\)?$/u;

/** Where an error of no known kind was thrown, for a log: its frames, without its message; undefined for the known kinds. */
export function framesOf(error: unknown): readonly string[] | undefined {
  if (isForeseen(error) || !(error instanceof Error)) return undefined;
  // The message stands before them, and may have lines that look like some.
  const frames = (error.stack ?? "").replace(error.message, "").split("\n");
  return frames.flatMap((line) => (FRAME.test(line) ? [line.trim()] : []));
}

/** The system's code for a broken connection, as deep as it lies. */
function codeOf(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && typeof cause.code === "string") return cause.code;
  }
  return null;
}
