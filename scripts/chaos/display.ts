import { createTable } from "../bench/table.ts";
import { KINDS, type Violation } from "./violations.ts";

/** What the person at the terminal sees. */
export interface Display {
  line(text: string): void;
  /** How it stands: rewritten in place on a terminal, a line now and then elsewhere. */
  progress(text: string): void;
  summary(figures: readonly (readonly [what: string, figure: string])[], violations: readonly Violation[]): void;
}

/** In a pipe, progress is told this often. */
const TOLD_MS = 15_000;

export function createDisplay(stream: NodeJS.WriteStream): Display {
  let live = false;
  let toldAt = 0;
  const clear = () => {
    if (live) stream.write("\r\u001B[K");
    live = false;
  };
  const line = (text: string) => {
    clear();
    stream.write(`${text}\n`);
  };
  return {
    line,
    progress(text) {
      if (stream.isTTY) {
        stream.write(`\r\u001B[K${text.slice(0, (stream.columns ?? 80) - 1)}`);
        live = true;
      } else if (Date.now() - toldAt > TOLD_MS) {
        toldAt = Date.now();
        line(text);
      }
    },
    summary(figures, violations) {
      clear();
      const table = createTable(stream);
      table.heading("What there was");
      for (const [what, figure] of figures) table.row({ what, figure });
      table.heading("What must not be");
      for (const [kind, what] of Object.entries(KINDS)) {
        const count = violations.filter((violation) => violation.kind === kind).length;
        table.row({ what, figure: String(count), promise: { text: "0", kept: count === 0 } });
      }
    },
  };
}
