/** Types of Anthropic's Messages API, as far as the loopback server speaks it. */

export interface WireUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
}

export interface WireBlock {
  readonly type?: string;
  readonly text?: string;
  readonly cache_control?: unknown;
}

export interface WireMessage {
  readonly role: string;
  readonly content: string | readonly WireBlock[];
}

/** A request's body; whatever else it holds is kept. */
export interface WireRequest extends Readonly<Record<string, unknown>> {
  readonly model?: string;
  readonly stream?: boolean;
  readonly max_tokens?: number;
  readonly system?: string | readonly WireBlock[];
  readonly messages?: readonly WireMessage[];
  readonly output_config?: { readonly format?: unknown };
}

export function blocksOf(content: string | readonly WireBlock[] | undefined): readonly WireBlock[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : (content ?? []);
}

/** Tokens that a text is taken for: a quarter of its bytes. */
export function tokensOf(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 4);
}

/** One event of a stream. */
export interface WireEvent extends Readonly<Record<string, unknown>> {
  readonly type: string;
}

/** An event as it goes over the wire; compatible servers leave out the line that names it. */
export function frameOf(event: WireEvent, named = true): string {
  return `${named ? `event: ${event.type}\n` : ""}data: ${JSON.stringify(event)}\n\n`;
}

export function errorBody(type: string, message: string, requestId: string, details?: Record<string, unknown>): string {
  const error = { type, message, ...(details === undefined ? {} : { details }) };
  return JSON.stringify({ type: "error", error, request_id: requestId });
}
