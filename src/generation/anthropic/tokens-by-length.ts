/** English and JSON take about this many bytes a token; other scripts take more bytes a character, and more tokens. */
const BYTES_PER_TOKEN = 3.5;

/** About how many tokens a text takes, where nobody has counted them: rather too many than too few. */
export function tokensByLength(text: string): number {
  return Buffer.byteLength(text) / BYTES_PER_TOKEN;
}
