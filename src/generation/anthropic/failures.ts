import { APIConnectionError, APIError } from "@anthropic-ai/sdk";
import { GenerationError, type RetryAdvice } from "../generator.ts";
import { cutAtWord } from "../../backlog/characters.ts";
import { CallTimeout } from "./call-watch.ts";
import { retryAfterMs } from "./limits.ts";
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

/** Error codes that every further call would meet until somebody acts. */
const SPEND_LIMITS = ["contract_spend_limit_reached", "enforced_spend_limit_reached"];
const BLOCKED = ["organization_on_hold", "cmek_key_disabled", "cmek_key_network_blocked"];
/** Spend limits that a user has set come as a plain 400, told apart by nothing but their words. */
const SPENT = /credit balance|(?:usage|spend(?:ing)?) limit/iu;
/** A certificate that is not trusted, or none at all where one is asked for: no waiting mends that. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|^ERR_(?:TLS|SSL)/u;
/** An `error` event in mid-stream has no status; its type says which it would have had. */
const STATUS_OF_TYPE: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  timeout_error: 504,
  overloaded_error: 529,
};

/**
 * What a failed call means for the one who started the run: what happened, with what, what to do, and whether trying
 * again may help or every further call would meet the same. The error that was thrown is kept as cause.
 */
export function toGenerationError(error: unknown, call: FailedCall): GenerationError {
  const { message, advice = null, fatal = false, retry = null } = explain(error, call);
  const request = error instanceof APIError && error.requestID ? `(Request ${error.requestID}.)` : null;
  const told = (...parts: (string | null)[]) => parts.filter((part) => part !== null).join(" ");
  return new GenerationError(told(message, advice, request), {
    happened: told(message, request),
    ...{ cause: error, fatal, retry },
  });
}

interface Explanation {
  readonly message: string;
  /** What to do once no further try is made by itself. */
  readonly advice?: string;
  readonly fatal?: boolean;
  readonly retry?: RetryAdvice;
}

const AGAIN: RetryAdvice = { afterMs: null, throttled: false };
const TRY_LATER = "Retry the run in a while.";

function explain(error: unknown, call: FailedCall): Explanation {
  const { provider, model } = call;
  if (error instanceof CallTimeout) return explainTimeout(error, call);
  // The SDK's own timeout for headers is one of these; its words are right for both.
  if (error instanceof APIConnectionError) {
    const code = codeOf(error);
    const named = code === null ? "" : ` (${code})`;
    if (code !== null && UNTRUSTED.test(code)) {
      return {
        message: `${provider.name} has no certificate that can be trusted${named}. Check ANTHROPIC_BASE_URL and the certificates of this machine.`,
      };
    }
    return {
      message: `${provider.name} could not be reached${named}.`,
      advice: "Check the network and ANTHROPIC_BASE_URL, then retry the run.",
      retry: AGAIN,
    };
  }
  if (error instanceof APIError) {
    return explainStatus(error, error.status ?? STATUS_OF_TYPE[error.type ?? ""] ?? 500, call);
  }
  if (error instanceof NoAnswer && error.what !== "a part") {
    return {
      message: `${provider.name} sent ${error.what} instead of a model's answer.`,
      advice: "Check ANTHROPIC_BASE_URL and any proxy in between.",
      // A proxy's page for "come back later" looks no different from one for "sign in".
      retry: AGAIN,
    };
  }
  if (error instanceof NoAnswer || isBroken(error)) {
    return { message: `The answer of ${model} was cut off on its way.`, advice: TRY_LATER, retry: AGAIN };
  }
  const name = error instanceof Error ? error.name : typeof error;
  return { message: `Asking ${model} failed unexpectedly (${name}). The server's log says more.` };
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

function explainStatus(error: APIError, status: number, { provider, model, now }: FailedCall): Explanation {
  const said = error.apiMessage === null ? "" : ` It says: ${cutAtWord(error.apiMessage, 300)}`;
  const afterMs = retryAfterMs(error.headers, now);
  switch (status) {
    case 401:
      return {
        fatal: true,
        message: `${provider.name} does not accept the API key. Set a valid ANTHROPIC_API_KEY and restart the server.`,
      };
    case 402:
      return {
        fatal: true,
        message: `${provider.name} cannot bill this account. Settle its billing, then retry the run.${said}`,
      };
    case 403:
      return {
        fatal: true,
        message: `${provider.name} does not permit this key to use ${model}. Use a key with the permission, or another model.`,
      };
    case 404:
      return {
        fatal: true,
        message: provider.isAnthropic
          ? `${provider.name} knows no model "${model}". Set MODEL to one that it offers and restart the server.`
          : `${provider.name} knows no model "${model}", or ANTHROPIC_BASE_URL leads to the wrong place. Check MODEL and ANTHROPIC_BASE_URL.`,
      };
    case 413:
      return {
        message: `${provider.name} takes no request as large as this one with its context. Shorten the project's context or the texts.`,
      };
    case 429:
      if (isSpendLimit(error, provider)) {
        return {
          fatal: true,
          message: `${provider.name} reports that the spend limit of this account has been reached. Raise it, or wait until it begins anew, then retry the run.`,
        };
      }
      return {
        message: `${provider.name} limits how fast it may be asked, and the limit was reached.`,
        advice: "Start a run with a slower pacing for what is left.",
        retry: { afterMs, throttled: true },
      };
    case 529:
      return { message: `${provider.name} is overloaded.`, advice: TRY_LATER, retry: { afterMs, throttled: true } };
    default:
      return explainOther(error, status, said, provider, afterMs);
  }
}

function explainOther(
  error: APIError,
  status: number,
  said: string,
  provider: Provider,
  afterMs: number | null,
): Explanation {
  if (status >= 500 || status === 408 || status === 409) {
    const how = error.status === undefined ? "broke off its answer" : `failed to answer (HTTP ${status})`;
    return { message: `${provider.name} ${how}.`, advice: TRY_LATER, retry: { afterMs, throttled: false } };
  }
  if (error.type === "billing_error" || SPENT.test(error.apiMessage ?? "")) {
    return {
      fatal: true,
      message: `${provider.name} reports that this account has no credit left or has reached its own limit. Add credit or raise the limit, then retry the run.`,
    };
  }
  return {
    fatal: BLOCKED.includes(error.errorCode ?? ""),
    message: `${provider.name} refused the request (HTTP ${status}).${said || " Check MODEL and ANTHROPIC_BASE_URL."}`,
  };
}

/** A 429 that no waiting ends. Anthropic gives every other one a time to come back at. */
function isSpendLimit(error: APIError, provider: Provider): boolean {
  if (SPEND_LIMITS.includes(error.errorCode ?? "")) return true;
  const headers = error.status === undefined ? undefined : error.headers;
  return (
    provider.isAnthropic &&
    headers !== undefined &&
    !headers.has("retry-after") &&
    !headers.has("retry-after-ms") &&
    headers.get("x-should-retry") !== "true"
  );
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

/** The system's code for a broken connection, as deep as it lies. */
function codeOf(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && typeof cause.code === "string") return cause.code;
  }
  return null;
}
