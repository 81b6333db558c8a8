/** The length of a text in characters: code points, not UTF-16 units, so that an emoji is one and not two. */
export function lengthOf(text: string): number {
  return text.length - (text.match(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g)?.length ?? 0);
}

/** Whether a text has more characters than `limit`; a text that is short by any measure is not counted. */
export function isLongerThan(text: string, limit: number): boolean {
  return text.length > limit && lengthOf(text) > limit;
}

/** At most `limit` characters of a text, cut at a word where there is one near, with "…" where something was cut. */
export function cutAtWord(text: string, limit: number): string {
  if (!isLongerThan(text, limit)) return text;
  // One character more than can stay: where it is white space, the word before it is whole.
  const start = [...text.slice(0, 2 * limit)].slice(0, limit).join("");
  const lastSpace = Math.max(...[...start.matchAll(/\s/gu)].map((match) => match.index), 0);
  const kept = lastSpace > start.length / 2 ? start.slice(0, lastSpace) : cutInWord(start, limit - 1);
  return `${withoutEnd(kept, " ,;:–—-")}…`;
}

/** The same text without white space and without any of `characters` at its end. */
export function withoutEnd(text: string, characters: string): string {
  // A loop: a regular expression anchored at the end takes quadratic time on long runs of such characters.
  let end = text.trimEnd().length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end = text.slice(0, end - 1).trimEnd().length;
  return text.slice(0, end);
}

/** Whole graphemes, so that an emoji of several code points stays whole or goes whole. */
function cutInWord(text: string, limit: number): string {
  let kept = "";
  for (const { segment } of new Intl.Segmenter("und").segment(text)) {
    if (lengthOf(kept) + lengthOf(segment) > limit) break;
    kept += segment;
  }
  return kept;
}
