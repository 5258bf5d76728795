import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll } from "vitest";
import { NotebookError } from "../../lib/errors.js";
import { type Cell, formatNotebook, type Notebook, type Output } from "../../lib/notebook/document.js";
import { type RunSpec, runNotebook } from "../../lib/notebook/runner.js";
import { parseNotebook } from "../../lib/notebook/validate.js";

/** Removed after the tests of a file. */
export const scratch = mkdtempSync(join(tmpdir(), "tslake-notebook-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** The runner's children are loaded from here: this room alone, so that its tests do not depend on the rest of the library. */
const bundle = join(scratch, "bundle.cjs");
buildSync({
  stdin: {
    contents: `module.exports = {
      get "notebook process"() { return require("./lib/notebook/process.ts"); },
      get "drawing process"() { return require("./lib/notebook/drawing_process.ts"); },
    };`,
    resolveDir: join(import.meta.dirname, "../.."),
  },
  bundle: true,
  format: "cjs",
  platform: "node",
  target: "node20",
  external: ["linkedom", "plotly.js-basic-dist-min", "plotly.js-dist-min"],
  outfile: bundle,
});
process.env["TSLAKE_BUNDLE"] = bundle;

/** A code cell's source, a markdown cell, or a code cell with tags. */
export type CellSpec =
  | string
  | { readonly markdown: string }
  | { readonly code: string; readonly tags: readonly string[] };

export function notebookOf(...cells: readonly CellSpec[]): Notebook {
  return { cells: cells.map(cellOf), metadata: {}, nbformat: 4, nbformat_minor: 5 };
}

let files = 0;

/** Writes a notebook into the scratch folder. */
export function fileOf(...cells: readonly CellSpec[]): string {
  const path = join(scratch, `notebook-${++files}.ipynb`);
  writeFileSync(path, formatNotebook(notebookOf(...cells)));
  return path;
}

export interface Outcome {
  readonly error: NotebookError | undefined;
  /** The executed notebook, as saved. */
  readonly saved: Notebook;
  /** The outputs of the code cells. */
  readonly outputs: readonly (readonly Output[])[];
}

/** Runs cells headlessly; a NotebookError is part of the outcome. */
export async function run(cells: readonly CellSpec[], options: Partial<RunSpec> = {}): Promise<Outcome> {
  const path = fileOf(...cells);
  const output = join(scratch, "executed", `${files}.ipynb`);
  const error = await runNotebook({ path, output, ...options }).then(
    () => undefined,
    (thrown: unknown) => {
      if (thrown instanceof NotebookError) return thrown;
      throw thrown;
    },
  );
  const saved = parseNotebook(readFileSync(output, "utf8"), output);
  return { error, saved, outputs: outputsOf(saved) };
}

/** The text on stdout of each code cell. */
export async function stdout(...cells: readonly CellSpec[]): Promise<string[]> {
  const { error, outputs } = await run(cells);
  if (error !== undefined) throw error;
  return outputs.map((list) =>
    list.map((output) => (output.output_type === "stream" && output.name === "stdout" ? output.text : "")).join(""),
  );
}

export function outputsOf(notebook: Notebook): (readonly Output[])[] {
  return notebook.cells.flatMap((cell) => (cell.cell_type === "code" ? [cell.outputs] : []));
}

function cellOf(spec: CellSpec, index: number): Cell {
  const id = `c${index + 1}`;
  if (typeof spec !== "string" && "markdown" in spec) {
    return { cell_type: "markdown", id, metadata: {}, source: spec.markdown };
  }
  const [source, metadata] = typeof spec === "string" ? [spec, {}] : [spec.code, { tags: spec.tags }];
  return { cell_type: "code", id, metadata, source, execution_count: null, outputs: [] };
}
