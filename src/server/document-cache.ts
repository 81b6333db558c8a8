/** A document longer than this is parsed each time: one with its texts written into it rarely comes twice, and may be megabytes. */
const LONGEST_DOCUMENT = 10_000;
const DOCUMENTS = 500;

/**
 * Keeps what was made of the documents seen last. Bounded in memory, where Yoga's own cache counts documents without
 * looking at their size: 1,024 of those a client may send would be gigabytes.
 */
export class DocumentCache<T> {
  readonly #entries = new Map<string, T>();

  get(document: string): T | undefined {
    const entry = this.#entries.get(document);
    if (entry !== undefined) {
      // A Map keeps the order of insertion: the one used last moves to its end.
      this.#entries.delete(document);
      this.#entries.set(document, entry);
    }
    return entry;
  }

  set(document: string, entry: T): void {
    if (document.length > LONGEST_DOCUMENT) return;
    this.#entries.set(document, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > DOCUMENTS && oldest !== undefined) this.#entries.delete(oldest);
  }
}
