import type { WireUsage } from "./wire.ts";

/** What the server does with one request. */
export type Reply =
  | { readonly kind: "message"; readonly text: string; readonly options: MessageOptions }
  | {
      readonly kind: "error";
      readonly status: number;
      readonly type: string;
      readonly message: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly details: Record<string, unknown> | undefined;
    }
  | { readonly kind: "raw"; readonly status: number; readonly contentType: string; readonly body: string }
  | { readonly kind: "hang"; readonly after: "nothing" | "headers" }
  | { readonly kind: "break"; readonly after: "nothing" | "half" };

export interface MessageOptions {
  readonly stopReason?: string;
  readonly stopDetails?: Record<string, unknown>;
  /** What stands in the thinking block before the text; null for an answer without one. */
  readonly thinking?: string | null;
  /** Instead of what the server counts. */
  readonly usage?: Partial<WireUsage>;
  /** Leaves the fields out that compatible servers do not send. */
  readonly bare?: boolean;
  /** Leaves the lines out that name the events. */
  readonly unnamed?: boolean;
  /** Milliseconds to the first byte; else the server's own. */
  readonly latencyMs?: number;
  /** How fast it is written; else the server's own. */
  readonly tokensPerSecond?: number;
  /** Characters (UTF-16 units) a delta; 1 parts surrogate pairs. */
  readonly charactersPerDelta?: number;
  /** Bytes a write; 1 parts characters and frames. */
  readonly bytesPerWrite?: number;
  /** Sends a ping before every delta. */
  readonly pings?: boolean;
  /** What comes instead of the rest after so many characters of the text. */
  readonly broken?: { readonly after: number; readonly by: Breakage };
}

/** How a stream goes wrong: silence, pings only, a socket destroyed, an end without `message_stop`, or an `error` event. */
export type Breakage = "stall" | "pings" | "destroy" | "end" | { readonly type: string; readonly message: string };

/** An answer with this text. */
export function says(text: string, options: MessageOptions = {}): Reply {
  return { kind: "message", text, options };
}

/** An answer with this JSON. */
export function answers(json: unknown, options: MessageOptions = {}): Reply {
  return says(JSON.stringify(json), options);
}

/** An error as the API words it. */
export function fails(
  status: number,
  type: string,
  message: string,
  {
    headers = {},
    details,
  }: { readonly headers?: Record<string, string>; readonly details?: Record<string, unknown> } = {},
): Reply {
  return { kind: "error", status, type, message, headers, details };
}

/** Any other response, sent as it is. */
export function sends(status: number, contentType: string, body: string): Reply {
  return { kind: "raw", status, contentType, body };
}

/** Silence: before the headers, or after them. */
export function hangs(after: "nothing" | "headers" = "nothing"): Reply {
  return { kind: "hang", after };
}

/** A socket that is destroyed: at once, or in the middle of the body's first event. */
export function breaks(after: "nothing" | "half" = "nothing"): Reply {
  return { kind: "break", after };
}
