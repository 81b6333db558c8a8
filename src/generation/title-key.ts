/**
 * Two titles are the same exactly when their keys are equal: trimmed, case folded, white space collapsed, and
 * nothing fuzzier.
 */
export function titleKey(title: string): string {
  // Upper case first: it unfolds "ß" to "SS", which lower case alone would leave unlike "ss".
  return title.trim().replace(/\s+/gu, " ").toUpperCase().toLowerCase();
}
