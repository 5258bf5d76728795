import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** A fenced block of a document. */
export interface Block {
  readonly language: string;
  /** What follows the language: `file=PATH`, `check`. */
  readonly note: string;
  readonly text: string;
  /** `docs/tutorial.md:12`: where its content begins. */
  readonly place: string;
  /** The language of the block before, when nothing but blank lines stands between the two. */
  readonly follows: string | undefined;
}

/** The documents for users, the tutorial first: paths from the root. */
export function documents(): readonly string[] {
  const inDocs = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name.replaceAll("\\", "/")}`)
    .sort();
  return [...new Set(["docs/tutorial.md", "README.md", "README.pt-BR.md", ...inDocs])];
}

export function read(document: string): string {
  return readFileSync(join(ROOT, document), "utf8");
}

/** The fenced blocks of a document, in order. */
export function blocksOf(document: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { readonly language: string; readonly note: string; readonly line: number; text: string[] } | undefined;
  let follows: string | undefined;
  for (const [index, line] of read(document).split("\n").entries()) {
    const fence = /^```(\S*)\s*(.*)$/.exec(line);
    if (open === undefined && fence !== null) {
      open = { language: fence[1] ?? "", note: fence[2] ?? "", line: index + 2, text: [] };
    } else if (open !== undefined && line === "```") {
      const { language, note, text } = open;
      blocks.push({ language, note, text: `${text.join("\n")}\n`, place: `${document}:${open.line}`, follows });
      open = undefined;
      follows = language;
    } else if (open !== undefined) open.text.push(line);
    else if (line.trim() !== "") follows = undefined;
  }
  return blocks;
}

/** A command line: what it sets in the environment, and its words. */
export interface CommandLine {
  readonly environment: Readonly<Record<string, string>>;
  readonly words: readonly string[];
}

/** The commands of a block in plain shell: words, quotes, `NAME=value` before a command, `&&`, `\` at a line's end, comments. */
export function commandsOf(text: string): readonly CommandLine[] {
  const lines = text.replaceAll("\\\n", " ").split("\n");
  return lines.flatMap((line) => parts(line)).filter(({ words }) => words.length > 0);
}

function parts(line: string): readonly CommandLine[] {
  const tokens = [...line.matchAll(/#.*$|&&|(?:[^\s"'#&]+|"[^"]*"|'[^']*')+/g)]
    .map(([token]) => token)
    .filter((token) => !token.startsWith("#"));
  const commands: { environment: Record<string, string>; words: string[] }[] = [{ environment: {}, words: [] }];
  for (const token of tokens) {
    const command = commands.at(-1);
    const assigned = /^([A-Z_]+)=(.*)$/.exec(token);
    if (token === "&&") commands.push({ environment: {}, words: [] });
    else if (assigned && command?.words.length === 0)
      command.environment[assigned[1] ?? ""] = unquoted(assigned[2] ?? "");
    else command?.words.push(unquoted(token));
  }
  return commands;
}

function unquoted(token: string): string {
  return token.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? "");
}
