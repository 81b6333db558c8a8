import { fails, says, sends, type Breakage, type Reply } from "./replies.ts";

/** The failures that the real API has been seen with, as it words them. */

export function rateLimited(retryAfterSeconds: number | null = 7): Reply {
  const headers: Record<string, string> = retryAfterSeconds === null ? {} : { "retry-after": `${retryAfterSeconds}` };
  return fails(429, "rate_limit_error", "This request would exceed your organization's rate limit.", { headers });
}

export function overloaded(): Reply {
  return fails(529, "overloaded_error", "Overloaded");
}

export function innerFailure(): Reply {
  return fails(500, "api_error", "Internal server error");
}

export function unavailablePage(): Reply {
  return sends(503, "text/html", "<html><body><h1>503 Service Unavailable</h1></body></html>");
}

export function webPage(): Reply {
  return sends(200, "text/html", "<html><body><h1>Sign in</h1></body></html>");
}

export function badKey(): Reply {
  return fails(401, "authentication_error", "invalid x-api-key");
}

export function notPermitted(): Reply {
  return fails(403, "permission_error", "Your API key does not have permission to use the specified resource.");
}

export function unknownModel(model = "claude-sonnet-5-5"): Reply {
  return fails(404, "not_found_error", `model: ${model}`);
}

export function badRequest(message = "max_tokens: too many"): Reply {
  return fails(400, "invalid_request_error", message);
}

export function tooLarge(): Reply {
  return fails(413, "request_too_large", "Request exceeds the maximum size");
}

/** A limit that was set for the account, or one that its owner has set. */
export function spendLimit(by: "contract" | "enforced" | "owner" = "enforced"): Reply {
  if (by === "owner") return badRequest("You have reached your specified API usage limits.");
  return fails(429, "rate_limit_error", "You have reached a spend limit.", {
    details: { error_code: `${by}_spend_limit_reached` },
  });
}

export function refuses(category: string | null = "cyber"): Reply {
  return says("", {
    stopReason: "refusal",
    ...(category === null ? {} : { stopDetails: { type: "refusal", category } }),
  });
}

/** An answer that reaches `max_tokens`; what it says until then is cut. */
export function runsOut(text: string): Reply {
  return says(text, { stopReason: "max_tokens" });
}

/** An answer that goes wrong in the middle. */
export function breaksOff(text: string, by: Breakage, after: number = Math.floor(text.length / 2)): Reply {
  return says(text, { broken: { after, by } });
}
