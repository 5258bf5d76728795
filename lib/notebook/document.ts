import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { StorageError } from "../errors.js";
import { parseNotebook } from "./validate.js";

/**
 * Jupyter notebooks (nbformat 4.5) as values. Text that a file may split into lines (sources, stream texts, MIME data) is
 * one string here; writing splits it again, as Jupyter does.
 */

export interface Notebook {
  readonly cells: readonly Cell[];
  readonly metadata: Metadata;
  readonly nbformat: 4;
  readonly nbformat_minor: number;
}

export type Cell = CodeCell | TextCell;

export interface CodeCell {
  readonly cell_type: "code";
  readonly id: string;
  readonly metadata: Metadata;
  readonly source: string;
  /** Counts from 1 in the order of execution; null for a cell that has not run. */
  readonly execution_count: number | null;
  readonly outputs: readonly Output[];
}

export interface TextCell {
  readonly cell_type: "markdown" | "raw";
  readonly id: string;
  readonly metadata: Metadata;
  readonly source: string;
  readonly attachments?: Readonly<Record<string, MimeBundle>>;
}

export type Output = StreamOutput | DisplayOutput | ErrorOutput;

export interface StreamOutput {
  readonly output_type: "stream";
  readonly name: "stdout" | "stderr";
  readonly text: string;
}

export interface DisplayOutput {
  readonly output_type: "display_data" | "execute_result";
  readonly data: MimeBundle;
  readonly metadata: Metadata;
  /** Present in an `execute_result` only. */
  readonly execution_count?: number | null;
}

export interface ErrorOutput {
  readonly output_type: "error";
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

export type Metadata = Readonly<Record<string, unknown>>;

/** One value in several forms by MIME type: text, base64 for binary types, any JSON value for JSON types. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/**
 * Reads a notebook. Cells of an older minor version get ids made from their position.
 *
 * @throws StorageError when the file cannot be read, NotebookError when it is not a notebook of nbformat 4.
 */
export async function readNotebook(path: string): Promise<Notebook> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new StorageError("the notebook cannot be read", { where: { notebook: path }, cause });
  }
  return parseNotebook(text, path);
}

/**
 * Writes a notebook whole or not at all, making its folder when there is none.
 *
 * @throws StorageError when it cannot be written.
 */
export async function writeNotebook(path: string, notebook: Notebook): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, formatNotebook(notebook));
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new StorageError("the notebook cannot be written", { where: { notebook: path }, cause });
  }
}

/** The notebook's file content as Jupyter formats it: sorted keys, indented by one space, texts as lists of lines. */
export function formatNotebook(notebook: Notebook): string {
  const document = { ...notebook, cells: notebook.cells.map(splitCell) };
  return `${JSON.stringify(sortKeys(document), undefined, 1)}\n`;
}

/** The notebook as it is kept under version control: no outputs, no execution counts, no record of a run. */
export function clearOutputs(notebook: Notebook): Notebook {
  return {
    ...notebook,
    metadata: withoutRun(notebook.metadata),
    cells: notebook.cells.map((cell) =>
      cell.cell_type === "code"
        ? { ...cell, metadata: withoutRun(cell.metadata), execution_count: null, outputs: [] }
        : cell,
    ),
  };
}

/** True when a cell shows what a run has left. */
export function hasOutputs({ cells }: Notebook): boolean {
  return cells.some((cell) => cell.cell_type === "code" && (cell.outputs.length > 0 || cell.execution_count !== null));
}

/** The tags of a cell. */
export function tagsOf(cell: Cell): readonly string[] {
  const tags = cell.metadata["tags"];
  return Array.isArray(tags) ? tags.filter((tag): tag is string => typeof tag === "string") : [];
}

/** Where a run is recorded in the metadata of notebooks and cells: ours, and JupyterLab's timing of cells. */
export const RUN_METADATA = "tslake";

function withoutRun({ [RUN_METADATA]: _, execution: __, ...rest }: Metadata): Metadata {
  return rest;
}

function splitCell(cell: Cell): unknown {
  const source = splitLines(cell.source);
  if (cell.cell_type !== "code") return { ...cell, source };
  return { ...cell, source, outputs: cell.outputs.map(splitOutput) };
}

function splitOutput(output: Output): unknown {
  switch (output.output_type) {
    case "stream":
      return { ...output, text: splitLines(output.text) };
    case "error":
      return output;
    default:
      return { ...output, data: splitBundle(output.data) };
  }
}

function splitBundle(bundle: MimeBundle): MimeBundle {
  const entries = Object.entries(bundle);
  return Object.fromEntries(
    entries.map(([type, value]) => [type, typeof value === "string" && isLines(type) ? splitLines(value) : value]),
  );
}

function isLines(type: string): boolean {
  return type.startsWith("text/") || type === "image/svg+xml" || type === "application/javascript";
}

function splitLines(text: string): string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sortKeys(item)]));
}
