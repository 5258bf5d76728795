import { basename } from "node:path";
import { type Node, type Program, parseSync } from "oxc-parser";
import { NotebookError } from "../errors.js";
import type { CodeCell, Notebook } from "./document.js";
import { isTypeOnly, walk } from "./syntax.js";

/** A code cell that has something to run, with its place in the notebook and its syntax tree (UTF-16 offsets). */
export interface ParsedCell {
  /** Position among all cells of the notebook, text cells too, from 1; an injected cell has that of the cell before. */
  readonly number: number;
  readonly id: string;
  readonly source: string;
  readonly program: Program;
}

/** A place in a cell; line and column count from 1, columns in UTF-16 units. */
export interface Position {
  readonly cell: number;
  readonly line: number;
  readonly column: number;
}

export const INJECTED_TAG = "injected-parameters";

/**
 * Parses the code cells that are not blank.
 *
 * @throws NotebookError with cell, line and column for a syntax error or something that no notebook cell can hold.
 */
export function parseCells(notebook: Notebook, path: string): ParsedCell[] {
  return numberedCells(notebook).map((numbered) => parseCell(numbered, path));
}

/**
 * Parses one code cell.
 *
 * @throws as `parseCells`.
 */
export function parseCell({ number, cell: { id, source } }: NumberedCell, path: string): ParsedCell {
  const { program, errors } = parseSync("cell.ts", source, {
    lang: "ts",
    sourceType: "module",
    showSemanticErrors: true,
  });
  const error = errors[0];
  if (error !== undefined) refuse(error.message, error.labels.at(-1)?.start ?? 0);
  const directive = /^\s*\/\*\*[\s\S]*?@(module|browser)\b[\s\S]*?\*\//.exec(source);
  if (directive !== null) refuse(`the tslab cell mode @${directive[1]} is not supported`, directive[0].indexOf("@"));
  walk(program, (node) => {
    const problem = problemOf(node);
    if (problem !== undefined) refuse(problem, node.start);
    return !isTypeOnly(node);
  });
  return { number, id, source, program };

  function refuse(problem: string, offset: number): never {
    const { line, column } = positionAt(source, offset);
    throw new NotebookError(`${basename(path)}: cell ${number} cannot be compiled: ${problem}`, {
      where: { notebook: path, cell: number, line, column },
      actual: lineAt(source, line),
    });
  }
}

export interface NumberedCell {
  readonly number: number;
  readonly cell: CodeCell;
}

/** The code cells that are not blank, each with its number in the notebook as it was written. */
export function numberedCells(notebook: Notebook): NumberedCell[] {
  let number = 0;
  const cells: NumberedCell[] = [];
  for (const cell of notebook.cells) {
    if (!isInjected(cell.metadata)) number++;
    if (cell.cell_type === "code" && cell.source.trim() !== "") cells.push({ number, cell });
  }
  return cells;
}

/** Line and column of an offset in a text, both from 1. */
export function positionAt(source: string, offset: number): { readonly line: number; readonly column: number } {
  const before = source.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: offset - lineStart + 1 };
}

/** The text of a line, counted from 1. */
export function lineAt(source: string, line: number): string {
  return (source.split("\n")[line - 1] ?? "").trimEnd();
}

/** True for the cell that a run inserts to set parameters. */
function isInjected(metadata: CodeCell["metadata"]): boolean {
  const tags = metadata["tags"];
  return Array.isArray(tags) && tags.includes(INJECTED_TAG);
}

/** What keeps a piece of valid TypeScript out of a notebook cell. */
function problemOf(node: Node): string | undefined {
  switch (node.type) {
    case "ExportAllDeclaration":
    case "ExportDefaultDeclaration":
    case "TSExportAssignment":
    case "TSNamespaceExportDeclaration":
      return "a cell has nothing to export to";
    case "ExportNamedDeclaration":
      return node.declaration === null && node.specifiers.length === 0 ? undefined : "a cell has nothing to export to";
    case "MetaProperty":
      return node.meta.name === "import" ? "a cell is no module file, so it has no import.meta" : undefined;
    case "Decorator":
      return "decorators are not supported in notebooks";
    case "TSModuleDeclaration":
      return node.declare ? undefined : "namespaces are not supported in notebooks";
    case "TSImportEqualsDeclaration":
      return node.moduleReference.type === "TSExternalModuleReference" ? undefined : "import aliases are not supported";
    default:
      return undefined;
  }
}
