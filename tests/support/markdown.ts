import { readFile, glob } from "node:fs/promises";
import path from "node:path";

/** The project's directory. */
export const ROOT = path.join(import.meta.dirname, "../..");

/** A fenced block of code. */
export interface Block {
  readonly file: string;
  /** Of the fence that opens it. */
  readonly line: number;
  /** What stands after the fence; empty where nothing does. */
  readonly language: string;
  readonly text: string;
}

/** A page of the project's documentation. */
export interface Page {
  /** From the project's directory. */
  readonly file: string;
  readonly blocks: readonly Block[];
  /** The page without its blocks. */
  readonly prose: string;
}

/** README.md, CHANGELOG.md and everything in docs/. */
export async function readPages(): Promise<Page[]> {
  const files = await Array.fromAsync(glob(["*.md", "docs/**/*.md"], { cwd: ROOT }));
  return Promise.all(files.toSorted().map(readPage));
}

async function readPage(file: string): Promise<Page> {
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open: { line: number; language: string; lines: string[] } | null = null;
  for (const [index, line] of (await readFile(path.join(ROOT, file), "utf8")).split("\n").entries()) {
    const fence = /^\s*```(.*)$/.exec(line);
    if (open === null && fence === null) prose.push(line);
    else if (open === null) open = { line: index + 1, language: fence?.[1]?.trim() ?? "", lines: [] };
    else if (fence === null) open.lines.push(line);
    else {
      blocks.push({ file, line: open.line, language: open.language, text: `${open.lines.join("\n")}\n` });
      open = null;
    }
  }
  if (open !== null) throw new Error(`${file}:${open.line}: this block of code has no end.`);
  return { file, blocks, prose: prose.join("\n") };
}

/** What the page's links and images lead to, addresses of other sites left out. */
export function linksOf({ prose }: Page): string[] {
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target).filter((to) => !/^https?:/.test(to));
}

/** What stands between backticks. */
export function codesOf({ prose }: Page): string[] {
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
}

/** Where headings can be linked to, as GitHub makes it. */
export function anchorsOf({ prose }: Page): string[] {
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s-]/gu, "")
      .trim()
      .replaceAll(/\s/g, "-"),
  );
}
