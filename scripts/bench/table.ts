import { styleText } from "node:util";

/** A figure, and what was promised of it, where something was. */
export interface Row {
  readonly what: string;
  readonly figure: string;
  readonly promise?: { readonly text: string; readonly kept: boolean };
}

export type Table = ReturnType<typeof createTable>;

/** The rows of one table as they come; aligned, and without colours where `stream` is no terminal. */
export function createTable(stream: NodeJS.WriteStream) {
  const write = (line: string) => stream.write(`${line.trimEnd()}\n`);
  return {
    heading(text: string): void {
      write(`\n${styleText("bold", text, { stream })}`);
    },
    row({ what, figure, promise }: Row): void {
      const told = promise === undefined ? "" : `${promise.text} ${promise.kept ? "kept" : "MISSED"}`;
      const coloured = promise === undefined ? told : styleText(promise.kept ? "green" : "red", told, { stream });
      write(`  ${what.padEnd(54)}${figure.padStart(18)}   ${coloured}`);
    },
    note(text: string): void {
      write(`  ${styleText("dim", text, { stream })}`);
    },
  };
}
