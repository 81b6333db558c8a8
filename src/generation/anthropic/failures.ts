import { APIConnectionError, APIConnectionTimeoutError, APIError } from "@anthropic-ai/sdk";
import { GenerationError } from "../generator.ts";
import { cutAtWord } from "../../backlog/characters.ts";
import type { Provider } from "./provider.ts";

/** Error codes that every further call would meet until somebody acts. */
const SPEND_LIMITS = ["contract_spend_limit_reached", "enforced_spend_limit_reached"];
const BLOCKED = ["organization_on_hold", "cmek_key_disabled", "cmek_key_network_blocked"];
/** Spend limits that a user has set come as a plain 400, told apart by nothing but their words. */
const SPENT = /credit balance|(?:usage|spend(?:ing)?) limit/iu;

/**
 * What a failed call means for the one who started the run: what happened, with what, what to do. The error that the
 * SDK threw is kept as cause.
 */
export function toGenerationError(error: unknown, provider: Provider, model: string): GenerationError {
  if (error instanceof APIConnectionTimeoutError) {
    return new GenerationError(`${provider.name} could not be reached in time. ${TRY_LATER}`, { cause: error });
  }
  if (error instanceof APIConnectionError) {
    const code = codeOf(error);
    return new GenerationError(
      `${provider.name} could not be reached${code === null ? "" : ` (${code})`}. Check the network and ANTHROPIC_BASE_URL, then retry the run.`,
      { cause: error },
    );
  }
  if (error instanceof APIError && typeof error.status === "number") {
    const { message, fatal } = explain(error, error.status, provider, model);
    const request = error.requestID ? ` (Request ${error.requestID}.)` : "";
    return new GenerationError(`${message}${request}`, { cause: error, fatal });
  }
  if (error instanceof SyntaxError || (error instanceof TypeError && error.message === "terminated")) {
    return new GenerationError(`The answer of ${model} was cut off on its way. ${TRY_LATER}`, { cause: error });
  }
  const name = error instanceof Error ? error.name : typeof error;
  return new GenerationError(`Asking ${model} failed unexpectedly (${name}). The server's log says more.`, {
    cause: error,
  });
}

const TRY_LATER = "Retry the run in a while.";

interface Explanation {
  readonly message: string;
  readonly fatal: boolean;
}

function explain(error: APIError, status: number, provider: Provider, model: string): Explanation {
  const said = error.apiMessage === null ? "" : ` It says: ${cutAtWord(error.apiMessage, 300)}`;
  switch (status) {
    case 401:
      return fatal(
        `${provider.name} does not accept the API key. Set a valid ANTHROPIC_API_KEY and restart the server.`,
      );
    case 402:
      return fatal(`${provider.name} cannot bill this account. Settle its billing, then retry the run.${said}`);
    case 403:
      return fatal(
        `${provider.name} does not permit this key to use ${model}. Use a key with the permission, or another MODEL.`,
      );
    case 404:
      return fatal(
        provider.isAnthropic
          ? `${provider.name} knows no model "${model}". Set MODEL to one that it offers and restart the server.`
          : `${provider.name} knows no model "${model}", or ANTHROPIC_BASE_URL leads to the wrong place. Check MODEL and ANTHROPIC_BASE_URL.`,
      );
    case 413:
      return passing(
        `${provider.name} takes no request as large as this story with its context. Shorten the project's context or the story.`,
      );
    case 429:
      return isSpendLimit(error, provider)
        ? fatal(
            `${provider.name} reports that the spend limit of this account has been reached. Raise it, or wait until it begins anew, then retry the run.`,
          )
        : passing(
            `${provider.name} limits how fast it may be asked, and the limit was reached. Retry the run with a slower pacing.`,
          );
    case 529:
      return passing(`${provider.name} is overloaded. ${TRY_LATER}`);
    default:
      if (status >= 500 || status === 408 || status === 409) {
        return passing(`${provider.name} failed to answer (HTTP ${status}). ${TRY_LATER}`);
      }
      if (error.type === "billing_error" || SPENT.test(error.apiMessage ?? "")) {
        return fatal(
          `${provider.name} reports that this account has no credit left or has reached its own limit. Add credit or raise the limit, then retry the run.`,
        );
      }
      return {
        message: `${provider.name} refused the request (HTTP ${status}).${said || " Check MODEL and ANTHROPIC_BASE_URL."}`,
        fatal: BLOCKED.includes(error.errorCode ?? ""),
      };
  }
}

/** A 429 that no waiting ends. Anthropic gives every other one a time to come back at. */
function isSpendLimit(error: APIError, provider: Provider): boolean {
  if (SPEND_LIMITS.includes(error.errorCode ?? "")) return true;
  const headers = error.headers;
  return (
    provider.isAnthropic &&
    headers !== undefined &&
    !headers.has("retry-after") &&
    !headers.has("retry-after-ms") &&
    headers.get("x-should-retry") !== "true"
  );
}

function fatal(message: string): Explanation {
  return { message, fatal: true };
}

function passing(message: string): Explanation {
  return { message, fatal: false };
}

/** The system's code for a broken connection, as deep as it lies. */
function codeOf(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && typeof cause.code === "string") return cause.code;
  }
  return null;
}
