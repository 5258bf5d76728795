import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { main as tslake } from "../../lib/cli/main.js";
import { checkCells } from "../../lib/notebook/check.js";
import { writeNotebook } from "../../lib/notebook/document.js";
import { quoteExpression } from "../../lib/storage/name_pattern.js";
import { main as report } from "../../scripts/report.js";
import { main as pipeline } from "../../scripts/run-notebooks.js";
import { WorkspaceCopy } from "../support/copied_workspace.js";
import { printed } from "../support/printed.js";
import { type Block, blocksOf, type CommandLine, commandsOf, documents, read } from "./documents.js";

/**
 * Every command of the documents is run, in the order of the documents, in one copy of the workspace: blocks marked `sh`.
 * Files that a reader is told to write are written (`file=PATH`). What a `text` block below shows must have been printed; `…`
 * stands for anything. Code that imports the library has its types checked. Commands that need a partner, or do not end (`sh check`), must exist and take the flags shown.
 */
let workspace: WorkspaceCopy;
beforeAll(() => {
  workspace = new WorkspaceCopy();
});
afterAll(() => workspace.remove());

describe.each(documents())("%s", (document) => {
  const original = TRANSLATIONS[document];
  const blocks = original === undefined ? blocksOf(document) : [];
  let stdout = "";

  test.each(blocks.filter(isTried).map((block) => [block.place, block] as const))(
    "%s",
    { timeout: 120_000 },
    async (_, block) => {
      const file = /^file=(\S+)$/.exec(block.note)?.[1];
      if (file !== undefined) return write(file, block.text);
      if (block.language === "text") return expectPrinted(stdout, block.text);
      if (block.language === "ts") return expectTypes(block.text);
      stdout = "";
      for (const command of commandsOf(block.text)) {
        await checkCommand(command);
        if (block.note === "check" || isInstall(command)) continue;
        const outcome = await workspace.run(direct(command.words), command.environment);
        expect(outcome.status, `${command.words.join(" ")}\n${outcome.stdout}${outcome.stderr}`).toBe(0);
        stdout += outcome.stdout;
      }
    },
  );

  if (original !== undefined) {
    test("has the commands of its original", () => {
      expect(scriptsOf(document)).toEqual(scriptsOf(original));
    });
  }

  test("links to what is there", () => {
    const targets = [...read(document).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target = ""]) => target);
    const local = targets.filter((target) => !/^[a-z]+:/.test(target));
    expect(local.filter((target) => !existsSync(join(dirname(document), decodeURI(target))))).toEqual([]);
  });
});

/** Documents whose commands are those of another one. */
const TRANSLATIONS: Readonly<Record<string, string>> = { "README.pt-BR.md": "README.md" };

function scriptsOf(document: string): readonly string[] {
  return blocksOf(document).flatMap(({ language, text }) => (language === "sh" ? [text] : []));
}

function isTried({ language, note, text, follows }: Block): boolean {
  const isCell = language === "ts" && text.includes('from "tslake"');
  return language === "sh" || isCell || note.startsWith("file=") || (language === "text" && follows === "sh");
}

/** It would put the packages of the copy, which are links, into its place. */
function isInstall({ words }: CommandLine): boolean {
  return ["npm ci", "git clone"].includes(words.slice(0, 2).join(" ")) || words[0] === "cd";
}

/** What npm and npx start in the end: their own part, which other tests see, takes as long as many a command. */
function direct(words: readonly string[]): readonly string[] {
  const [program, first = "", ...rest] = words;
  if (program === "npx" && first === "tslake") return ["node", "bin/tslake.js", ...rest];
  if (program === "npx" && first === "vitest") return ["node", "node_modules/vitest/vitest.mjs", ...rest];
  if (program !== "npm" || first !== "run") return words;
  const [name = "", separator, ...argv] = rest.filter((word) => word !== "--silent");
  const script = SCRIPTS[name]?.split(" ");
  return script === undefined || (separator !== undefined && separator !== "--") ? words : [...script, ...argv];
}

function write(file: string, text: string): void {
  mkdirSync(dirname(workspace.path(file)), { recursive: true });
  writeFileSync(workspace.path(file), text);
}

/** The code as a cell of a notebook has the types that it uses. */
async function expectTypes(code: string): Promise<void> {
  const cell = { cell_type: "code", id: "c1", metadata: {}, source: code, execution_count: null, outputs: [] } as const;
  const path = workspace.path("notebooks-of-docs", "cell.ipynb");
  await writeNotebook(path, { cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 5 });
  expect(await checkCells(workspace.root, [path])).toEqual([]);
}

function expectPrinted(stdout: string, shown: string): void {
  const printedLines = stdout.split("\n").map(squeezed);
  const missing = shown
    .split("\n")
    .map(squeezed)
    .filter((line) => !printedLines.some((other) => fits(line, other)));
  expect(missing, stdout).toEqual([]);
}

/** Without the blanks that depend on the widths of columns. */
function squeezed(line: string): string {
  return line.trim().replaceAll(/\s+/g, " ").replaceAll(/─+/g, "─");
}

function fits(shown: string, line: string): boolean {
  const pattern = shown.split("…").map(quoteExpression);
  return new RegExp(`^${pattern.join(".*")}$`).test(line);
}

const SCRIPTS: Readonly<Record<string, string>> = JSON.parse(readFileSync("package.json", "utf8")).scripts;

/** Their programs, of which the flags are known. */
const PROGRAMS: Readonly<Record<string, (argv: readonly string[]) => Promise<number>>> = { pipeline, report };

/** A command of this project must exist and know its flags. */
async function checkCommand({ words }: CommandLine): Promise<void> {
  const [program, first = "", ...rest] = words;
  if (program === "npm" && first === "run") {
    const [name = "", ...argv] = rest.filter((word) => word !== "--silent");
    expect(Object.keys(SCRIPTS)).toContain(name);
    const run = PROGRAMS[name];
    if (run !== undefined) expectFlags((await printed(() => run(["--help"]))).stdout, argv);
    if (name === "lab") expectFlags((await printed(() => tslake(["lab", "--help"]))).stdout, argv);
  }
  if (program === "npx" && first === "tslake") {
    const { status, stdout } = await printed(() => tslake([rest[0] ?? "", "--help"]));
    expect(status, words.join(" ")).toBe(0);
    expectFlags(stdout, rest);
  }
  for (const word of words.filter((one) => /^docker\/\S+$/.test(one))) expect(existsSync(word), word).toBe(true);
}

function expectFlags(help: string, argv: readonly string[]): void {
  for (const flag of argv.filter((word) => /^--[a-z]/.test(word)).map((word) => word.replace(/=.*$/, ""))) {
    expect(help).toContain(flag);
  }
}
