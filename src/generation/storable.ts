/** Whether PostgreSQL can keep it as UTF-8 text: no NUL and no half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

/** The same text without what cannot be stored: NULs go, half surrogate pairs become U+FFFD. */
export function toStorable(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}

/** The same text as one line that can be stored and shown anywhere: white space is collapsed, control characters go. */
export function toLine(text: string): string {
  return toStorable(text.replace(/\s+/gu, " ").replace(/\p{Cc}/gu, "")).trim();
}
