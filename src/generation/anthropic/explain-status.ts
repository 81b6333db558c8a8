import type { APIError } from "@anthropic-ai/sdk";
import { cutAtWord } from "../../backlog/characters.ts";
import { type Explanation, TRY_LATER } from "./explanation.ts";
import { retryAfterMs } from "./limits.ts";
import type { Provider } from "./provider.ts";

const SPEND_LIMIT = {
  happened: "reports that the spend limit of this account has been reached.",
  advice: "Raise it, or wait until it begins anew, then retry the run.",
};

/** Error codes that every further call would meet until somebody acts, whatever status they come with. */
const FINAL_CODES: ReadonlyMap<string, { readonly happened: string; readonly advice: string }> = new Map([
  ["contract_spend_limit_reached", SPEND_LIMIT],
  ["enforced_spend_limit_reached", SPEND_LIMIT],
  [
    "organization_on_hold",
    {
      happened: "has put the organization of this key on hold.",
      advice: "Settle that with its support, then retry the run.",
    },
  ],
  [
    "cmek_key_disabled",
    {
      happened: "may not use the organization's own encryption key, which is disabled.",
      advice: "Enable that key, then retry the run.",
    },
  ],
  [
    "cmek_key_network_blocked",
    {
      happened: "cannot reach the organization's own encryption key.",
      advice: "Let it through to that key, then retry the run.",
    },
  ],
]);

/**
 * Spent credit and limits that a user has set come from Anthropic as a plain 400, told apart by nothing but how it
 * begins. Other texts may quote a story that speaks of limits.
 */
const SPENT =
  /^(?:your credit balance is too low|you have reached your specified (?:workspace )?(?:api )?usage limits?)\b/iu;
/** How Anthropic and vLLM begin where a prompt does not fit into the model. */
const TOO_LONG =
  /^(?:prompt is too long|input length and \S+ exceed context limit|this model's maximum context length)\b/iu;

/** An `error` event in mid-stream has no status; its type says which it would have had. */
const STATUS_OF_TYPE: ReadonlyMap<string, number> = new Map([
  ["invalid_request_error", 400],
  ["authentication_error", 401],
  ["billing_error", 402],
  ["permission_error", 403],
  ["not_found_error", 404],
  ["request_too_large", 413],
  ["rate_limit_error", 429],
  ["timeout_error", 504],
  ["overloaded_error", 529],
]);

/**
 * What an error that the provider told means.
 * @param call.now milliseconds of the epoch
 */
export function explainStatus(
  error: APIError,
  { provider, model, now }: { readonly provider: Provider; readonly model: string; readonly now: number },
): Explanation {
  const status = error.status ?? STATUS_OF_TYPE.get(error.type ?? "") ?? 500;
  const words = error.apiMessage?.trim() ?? "";
  const said = words === "" ? "" : ` It says: “${cutAtWord(words, 300)}”.`;
  const afterMs = retryAfterMs(error.headers, now);
  if (status >= 500 && status !== 529) return explainBreakdown(error, status, provider, afterMs);
  const code = FINAL_CODES.get(error.errorCode ?? "");
  if (code !== undefined) {
    return { fatal: true, message: `${provider.name} ${code.happened}${said}`, advice: code.advice };
  }
  switch (error.type === "billing_error" ? 402 : status) {
    case 401:
      return {
        fatal: true,
        message: `${provider.name} does not accept the API key.`,
        advice: "Set a valid ANTHROPIC_API_KEY and restart the server.",
      };
    case 402:
      return {
        fatal: true,
        message: `${provider.name} cannot bill this account.${said}`,
        advice: "Settle its billing, then retry the run.",
      };
    case 403:
      return {
        fatal: true,
        message: `${provider.name} does not permit this key to use ${model}.`,
        advice: "Use a key with the permission, or another model.",
      };
    case 404:
      return provider.isAnthropic
        ? {
            fatal: true,
            message: `${provider.name} knows no model "${model}".`,
            advice: "Set MODEL to one that it offers and restart the server.",
          }
        : {
            fatal: true,
            message: `${provider.name} knows no model "${model}", or ANTHROPIC_BASE_URL leads to the wrong place.`,
            advice: "Check MODEL and ANTHROPIC_BASE_URL.",
          };
    case 408:
    case 409:
      return explainBreakdown(error, status, provider, afterMs);
    case 413:
      return explainTooLarge(provider, "");
    case 429:
      if (isSpendLimit(error, provider)) {
        return { fatal: true, message: `${provider.name} ${SPEND_LIMIT.happened}`, advice: SPEND_LIMIT.advice };
      }
      return {
        message: `${provider.name} limits how fast it may be asked, and the limit was reached.`,
        advice: "Start a run with a slower pacing for what is left.",
        retry: { afterMs, throttled: true },
      };
    case 529:
      return { message: `${provider.name} is overloaded.`, advice: TRY_LATER, retry: { afterMs, throttled: true } };
    default:
      if (status === 400 && TOO_LONG.test(words)) return explainTooLarge(provider, said);
      if (status === 400 && provider.isAnthropic && SPENT.test(words)) {
        return {
          fatal: true,
          message: `${provider.name} reports that this account has no credit left or has reached its own limit.`,
          advice: "Add credit or raise the limit, then retry the run.",
        };
      }
      return {
        message: `${provider.name} refused the request (HTTP ${status}).${said}`,
        advice: `${said === "" ? "Check MODEL and ANTHROPIC_BASE_URL" : "Change what it names"}, then retry the run.`,
      };
  }
}

function explainBreakdown(error: APIError, status: number, provider: Provider, afterMs: number | null): Explanation {
  const how = error.status === undefined ? "broke off its answer" : `failed to answer (HTTP ${status})`;
  return { message: `${provider.name} ${how}.`, advice: TRY_LATER, retry: { afterMs, throttled: false } };
}

function explainTooLarge(provider: Provider, said: string): Explanation {
  return {
    message: `${provider.name} takes no request as large as this one with its context.${said}`,
    advice: "Shorten the project's context or the texts.",
  };
}

/** A 429 that no waiting ends. Anthropic gives every other one a time to come back at. */
function isSpendLimit(error: APIError, provider: Provider): boolean {
  const headers = error.status === undefined ? undefined : error.headers;
  return (
    provider.isAnthropic &&
    headers !== undefined &&
    !headers.has("retry-after") &&
    !headers.has("retry-after-ms") &&
    headers.get("x-should-retry") !== "true"
  );
}
