import { styleText } from "node:util";
import type { DemoStoryQuery, DemoWatchSubscription } from "../generated/graphql.ts";

type Progress = DemoWatchSubscription["runProgress"];
type Story = NonNullable<DemoStoryQuery["story"]>;

/** What the demo shows: lines that stay, and on a terminal one line below them that moves. */
export interface Display {
  line(text?: string): void;
  progress(progress: Progress): void;
  story(story: Story): void;
  end(): void;
}

const BAR_WIDTH = 24;
/** The moving line must stay one line, however wide its characters are: what is too long is cut instead of wrapped. */
const [WRAP_OFF, WRAP_ON, ERASE_LINE] = ["\u001b[?7l", "\u001b[?7h", "\r\u001b[2K"];

/** @param out a terminal gets colours and a progress bar, anything else plain lines */
export function createDisplay(out: NodeJS.WriteStream): Display {
  const style = (format: Parameters<typeof styleText>[0], text: string) => styleText(format, text, { stream: out });
  let moving = "";

  function clear(): void {
    if (moving !== "") out.write(ERASE_LINE);
    moving = "";
  }

  function line(text = ""): void {
    clear();
    out.write(`${text}\n`);
  }

  function move(text: string): void {
    if (!out.isTTY || text === moving) return;
    out.write(`${ERASE_LINE}${WRAP_OFF}${text}${WRAP_ON}`);
    moving = text;
  }

  function itemLine(item: NonNullable<Progress["item"]>): void {
    const name = `${style("bold", item.code.padEnd(4))} ${printable(item.title)}`;
    const made = `${item.createdCount} subtasks, ${duration(item.durationMs ?? 0)}`;
    if (item.status === "COMPLETED") line(`${style("green", "✔")} ${name}  ${style("dim", made)}`);
    else if (item.status === "FAILED") line(`${style("red", "✘")} ${name}  ${style("red", printable(item.error))}`);
    else if (item.status === "SKIPPED") line(`${style("yellow", "–")} ${name}  ${style("dim", printable(item.error))}`);
  }

  return {
    line,
    progress({ kind, run, item }) {
      if (kind === "ITEM_UPDATED" && item) itemLine(item);
      const filled = Math.round((BAR_WIDTH * run.progress) / 100);
      const bar = style("cyan", "█".repeat(filled)) + style("dim", "░".repeat(BAR_WIDTH - filled));
      const ended = run.completedItems + run.failedItems + run.skippedItems;
      const seconds = Math.ceil((run.estimatedRemainingMs ?? 0) / 1000);
      const eta = seconds > 0 ? `, about ${seconds} s left` : "";
      const facts = ` ${ended}/${run.totalItems} stories, ${run.createdCount} subtasks${eta}  `;
      const room = (out.columns || 80) - BAR_WIDTH - facts.length;
      move(`${bar}${facts}${style("dim", cut(printable(run.phaseDetail), room))}`);
    },
    story({ code, title, narrative, subtasks }) {
      line(style("bold", `${code} ${printable(title)}`));
      if (narrative !== null) line(style("dim", `   ${printable(narrative)}`));
      for (const subtask of subtasks.nodes) {
        const after =
          subtask.dependsOn.length > 0 ? `, after ${subtask.dependsOn.map((other) => other.code).join(", ")}` : "";
        line(
          `   ${style("cyan", subtask.code.padEnd(5))}${printable(subtask.title)} ${style("dim", `(${subtask.effort}${after})`)}`,
        );
        for (const criterion of subtask.acceptanceCriteria) line(style("dim", `        · ${printable(criterion)}`));
      }
    },
    end: clear,
  };
}

/** A text without what would move the cursor, change colours or begin a line of its own. */
function printable(text: string | null): string {
  return (text ?? "").replaceAll(/\p{Cc}+/gu, " ");
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** 40 ms, 3.2 s. */
export function duration(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}
