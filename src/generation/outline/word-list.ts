/** The words and phrases of a text, which commas and line ends part. */
export function wordList(text: string): readonly string[] {
  return text
    .split(/[,\n]/u)
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

/** The same for pairs "one=other". */
export function wordPairs(text: string): ReadonlyMap<string, string> {
  return new Map(
    wordList(text).map((pair) => {
      const [left = "", right = ""] = pair.split("=");
      return [left, right];
    }),
  );
}
